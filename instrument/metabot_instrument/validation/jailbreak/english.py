"""English words by the letter of their family (`letters.py` says what each letter stands for)."""

from __future__ import annotations

from typing import Final

FAMILIES: Final = {
    "V": "ignore disregard forget override overrule bypass circumvent discard neglect supersede unlearn disobey defy "
    "nullify invalidate abandon overwrite negate evade sidestep",
    "v": "skip drop delete remove disable deactivate break cancel erase reset suspend violate wipe dismiss clear stop "
    "cease exit escape unlock loosen relax lift revoke replace throw toss omit turn jettison clean",
    "g": "ignoring disregarding forgetting overriding bypassing circumventing discarding disobeying",
    "P": "previous prior above preceding earlier foregoing past before initial original existing current former "
    "previously old beginning given received provided so far standing precede preceded aforementioned first",
    "Y": "your yours ur yer thy",
    "A": "all any every each whole entire these those everything's",
    "E": "everything anything whatever",
    "O": "instruction instructions instrucions intructions instructons instruktions directive directives prompt "
    "prompts preprompt preamble metaprompt instrution",
    "C": "rule rules order orders command commands constraint constraints guideline guidelines protocol protocols "
    "programming training policy policies setup configuration config context task tasks role persona directions "
    "mandate mandates stipulations guidance briefing specification specifications settings",
    "G": "restriction restrictions filter filters safety safeguard safeguards guardrail guardrails moderation "
    "censorship limitation limitations ethics ethical moral morals morality boundaries boundary alignment safeties "
    "protections inhibitions censor censoring taboos",
    "S": "system hidden secret internal confidential developer underlying core base initialization systems",
    "X": "reveal show print output display give share disclose leak expose write list return provide describe divulge "
    "send present explain summarize summarise translate encode paraphrase type paste state read know see render "
    "convert rewrite tweet rap embed spell",
    "L": "repeat echo recite verbatim dump regurgitate copy reproduce reprint transcribe replay",
    "K": "password passwords passphrase credential credentials apikey apikeys token tokens secrets keys cookies ssn "
    "passcode key env dotenv flag pin",
    "k": "history conversation conversations transcript chat chats contacts records inbox emails customers",
    "Z": "send forward email mail post upload transmit exfiltrate submit fetch curl append transfer wire bcc wget "
    "deliver dispatch visit ping relay beam",
    "U": "http https www com net org io attacker evil webhook exfil ru xyz tk",
    "n": "not no never without dont cannot nothing none nor neither lack lacks lacking zero beyond freed devoid "
    "unbound refrain avoid avoiding free cant wont minus instead",
    "f": "follow following obey obeying comply adhere apply bound constrained limited restricted subject governed "
    "applies abide heed respect honor enforce tied attention listen",
    "D": "unrestricted uncensored unfiltered jailbroken unlimited amoral immoral unethical lawless unbounded unhinged "
    "limitless uninhibited unmoderated unconstrained unaligned unshackled unchained nsfw dangpt",
    "R": "act pretend roleplay simulate behave become impersonate emulate imagine assume adopt embody playing role "
    "portray imitate play character respond persona function operate transform",
    "y": "you u ya yourself thou",
    "w": "now henceforth onwards onward forth forward moment hereafter",
    "M": "mode modes",
    "m": "developer debug debugging god admin administrator sudo root maintenance unsafe dan diagnostic override "
    "jailbreak unlocked opposite evil dev superuser unrestricted uncensored unfiltered dark chaos freedom",
    "a": "ai assistant chatbot llm llms gpt chatgpt claude gemini bot openai anthropic copilot grok bard model models "
    "llama assistants agents siri alexa mistral",
    "u": "user users human humans operator owner recipient customer anyone anybody reader them him her administrators "
    "supervisor",
    "T": "tell mention inform notify alert disclose acknowledge say report reveal warn admit indicate telling "
    "mentioning informing notifying alerting asking letting ask",
    "F": "refuse refusing refusal refusals decline apologize apologise apologies apology sorry disclaimer disclaimers "
    "caveats caveat moralize moralise lecture warnings warning unable hesitate reject moralizing apologizing "
    "lecturing judgement",
    "H": "bomb bombs explosive explosives meth methamphetamine malware ransomware poison phishing napalm ricin sarin "
    "keylogger counterfeit thermite cocaine heroin lsd mdma fentanyl anthrax botnet trojan rootkit launder molotov "
    "grenade carjack shoplift suicide stalk blackmail murder weapon weapons dynamite cyanide ied hotwire laundering "
    "steal doxx genocide bioweapon nuke silencer swatting smuggle stealing hacking hack spyware torture rob burglary "
    "arson exploit exploits kill killing nerve pathogen skimmer forge ddos kidnap drugs drug illegal illegally fraud "
    "scam bombing lockpick virus worm piracy",
    "h": "how steps recipe make build making building synthesize synthesise create cook construct guide tutorial "
    "manufacture producing produce walkthrough procedure manual code develop plan blueprint ingredients tips",
    "W": "story novel fictional fiction hypothetically hypothetical grandma grandmother movie screenplay imagine "
    "roleplay script poem character universe scene academic educational thriller pretend theoretical film song "
    "villain actor parallel simulation dream chapter tale scenario game",
    "c": "start begin starting beginning prefix open opening commence",
    "q": "sure absolutely certainly affirmative",
    "r": "read reading process processing summarizing encounter parse parsing scan scanning retrieve retrieved reads "
    "reviewing summarizes reviews loads opens analyzing analyze summarise crawl indexing",
    "i": "if when once whenever whoever upon while after",
    "t": "text document page message email words content sentence sentences paragraph file conversation lines input "
    "phrases webpage article characters record note line section window block",
    "l": "what which whats whos where",
    "p": "ignored disregarded void cancelled canceled overridden obsolete superseded revoked suspended invalid "
    "outdated lifted disabled removed forgotten deprecated nullified terminated replaced expired deleted rescinded "
    "irrelevant bypassed discarded withdrawn overruled erased unlocked off",
    "N": "new updated real actual revised next true following different",
    "J": "goal task job objective mission purpose duty",
    "o": "they he she it people students drivers employees many some who often usually tend tends we which children "
    "workers kids teenagers attackers hackers programs compilers parsers browsers applications clients servers "
    "patients players teams managers men women shell linter crawlers scripts readers developers citizens passengers "
    "participants tourists residents politicians companies customers i",
    "d": "injection injections jailbreaking attack attacks attacker vulnerability vulnerabilities owasp classifier "
    "detector detects detection detect mitigation mitigations researchers paper blog fixture fixtures regex testers "
    "phrases payload payloads defend defending defense defence defences defenses redteam adversarial wording "
    "screenshot complained flagged pentest lesson workshop webinar quiz article spam talk lecture glossary assert "
    "slide slides chapter docstring changelog scanner hardening ticket bug",
    "e": "decode decoding base64 rot13 hex decipher decrypt unscramble cipher morse caesar deobfuscate reverse "
    "reversed backwards binary ascii leetspeak encoded base32 concatenate combine",
    "x": "execute run perform carry obey follow comply answer act",
    "B": "security compliance authorized authorised authorization engineer staff ceo owner creator audit auditor",
    "Q": "limits norms laws standards judgment censors consequences filtering conscience restraint hesitation",
}
