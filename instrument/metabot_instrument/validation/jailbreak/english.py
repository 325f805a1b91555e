"""English words by the letter of their family (`letters.py` says what each letter stands for)."""

from __future__ import annotations

from typing import Final

FAMILIES: Final = {
    "V": "ignore disregard forget override overrule bypass circumvent discard neglect supersede unlearn disobey defy "
    "nullify invalidate abandon overwrite negate evade sidestep",
    "v": "skip drop delete remove disable deactivate break cancel erase reset suspend violate wipe dismiss clear stop "
    "cease exit escape unlock loosen relax lift revoke replace throw toss omit turn jettison clean",
    "g": "ignoring disregarding forgetting overriding bypassing circumventing discarding disobeying ignores "
    "disregards bypasses defies",
    "P": "previous prior above preceding earlier foregoing past before initial original existing current former "
    "previously provided so far standing precede preceded aforementioned first",
    "Y": "your yours ur yer thy",
    "A": "all any every each whole entire these those everything's",
    "E": "everything anything whatever",
    "O": "instruction instructions instrucions intructions instructons instruktions directive directives prompt "
    "prompts preprompt preamble metaprompt instrution",
    "C": "rule rules orders command commands constraint constraints guideline guidelines protocol protocols "
    "programming training policy policies setup configuration config context directions mandate mandates stipulations "
    "guidance briefing specification specifications settings",
    "G": "restriction restrictions filter filters safety safeguard safeguards guardrail guardrails moderation "
    "censorship limitation limitations ethics ethical moral morals morality boundaries boundary alignment safeties "
    "protections inhibitions censor censoring taboos",
    "S": "system hidden secret internal confidential developer underlying core base initialization systems sys",
    "X": "reveal show print output display give share disclose leak expose write return provide divulge present "
    "summarize translate encode paraphrase type paste state know see render convert rewrite tweet rap spell summarise "
    "rephrase recount outline list describe explain copy",
    "L": "repeat echo recite verbatim dump regurgitate reproduce reprint transcribe replay",
    "K": "password passwords passphrase credential credentials apikey apikeys token tokens secrets ssn passcode key "
    "env dotenv keys apis passwd rsa ssh",
    "k": "history conversation conversations transcript chat chats contacts records inbox emails customers card "
    "memory mailbox",
    "Z": "send forward email post upload transmit exfiltrate submit fetch curl append transfer wire bcc wget deliver "
    "dispatch visit ping relay beam mail embed insert add include",
    "U": "http https www com net org io webhook exfil ru xyz tk attacker pastebin requestbin ngrok",
    "n": "not no never without dont cannot nothing none nor neither lack lacks lacking zero beyond freed devoid "
    "unbound refrain avoid avoiding free cant wont minus instead exempt immune broken escaped forbidden prohibited",
    "f": "follow following obey obeying comply adhere apply bound constrained limited restricted subject governed "
    "applies abide heed respect honor enforce tied attention listen force effect valid count matter hold care bind "
    "binding counts matters holds exist exists",
    "D": "unrestricted uncensored unfiltered jailbroken unlimited amoral immoral unethical lawless unbounded unhinged "
    "limitless uninhibited unmoderated unconstrained unaligned unshackled unchained nsfw dangpt evil badgpt antigpt "
    "evilgpt freegpt chaosgpt devgpt hackergpt wormgpt fraudgpt unchecked filterless rebel rogue malevolent wicked",
    "R": "pretend roleplay simulate behave become impersonate emulate imagine assume adopt embody playing role "
    "portray imitate play respond persona function operate transform act speak talk",
    "y": "you u ya yourself thou",
    "w": "now henceforth onwards onward forth moment hereafter",
    "M": "mode modes",
    "m": "debug debugging god admin administrator sudo root maintenance unsafe dan diagnostic jailbreak opposite dev "
    "superuser dark chaos freedom",
    "a": "ai assistant chatbot llm llms gpt chatgpt claude gemini bot openai anthropic copilot grok bard model models "
    "llama assistants agents siri alexa mistral",
    "u": "user users human humans operator owner recipient customer anyone anybody reader them him her administrators "
    "supervisor",
    "T": "tell mention inform notify alert acknowledge say report warn admit indicate telling mentioning informing "
    "notifying alerting asking letting ask",
    "F": "refuse refusing refusal refusals decline apologize apologise apologies apology sorry disclaimer disclaimers "
    "caveats caveat moralize moralise warnings warning unable hesitate reject moralizing apologizing lecturing "
    "judgement lecture",
    "H": "bomb bombs explosive explosives meth methamphetamine malware ransomware poison phishing napalm ricin sarin "
    "keylogger counterfeit thermite cocaine heroin lsd mdma fentanyl anthrax botnet trojan rootkit launder molotov "
    "grenade carjack shoplift suicide stalk blackmail murder weapon weapons dynamite cyanide ied hotwire laundering "
    "steal doxx genocide bioweapon nuke silencer swatting smuggle stealing hacking hack spyware torture rob burglary "
    "arson exploit exploits kill killing nerve pathogen skimmer forge ddos kidnap drugs drug illegal illegally fraud "
    "scam bombing lockpick virus worm piracy poisoning terrorist poisons hijack passport",
    "h": "how steps recipe make build making building synthesize synthesise create cook construct guide tutorial "
    "manufacture producing produce walkthrough procedure manual code develop plan blueprint ingredients tips builds "
    "teach teaches lists walk instruct recipes",
    "W": "story novel fictional fiction hypothetically hypothetical grandma grandmother movie screenplay script poem "
    "universe scene academic educational thriller theoretical film song villain actor parallel simulation dream tale "
    "scenario game character",
    "c": "start begin starting beginning prefix open opening commence",
    "q": "sure absolutely certainly affirmative",
    "r": "read reading process processing summarizing encounter parse parsing scan scanning retrieve retrieved reads "
    "reviewing summarizes reviews loads opens analyzing analyze crawl indexing summarises",
    "i": "if when once whenever whoever upon while after",
    "t": "text document page words content sentence sentences paragraph file lines input webpage article characters "
    "record note line section window block",
    "l": "what which whats whos where",
    "p": "ignored disregarded void cancelled canceled overridden obsolete superseded revoked suspended invalid "
    "outdated lifted disabled removed forgotten deprecated nullified terminated replaced expired deleted rescinded "
    "irrelevant bypassed discarded withdrawn overruled erased off changed unlocked",
    "N": "new updated real actual revised next true different correct proper",
    "J": "goal task job objective mission purpose duty tasks",
    "o": "they he she it people students drivers employees many some who often usually tend tends children workers "
    "kids teenagers attackers hackers programs compilers parsers browsers applications clients servers patients "
    "players teams managers men women shell linter crawlers scripts readers citizens passengers participants tourists "
    "residents politicians companies",
    "d": "injection injections jailbreaking attack attacks vulnerability vulnerabilities owasp classifier detector "
    "detects detection detect mitigation mitigations researchers paper blog fixture fixtures regex testers phrases "
    "payload payloads defend defending defense defence defences defenses redteam adversarial screenshot complained "
    "flagged pentest lesson workshop webinar quiz spam talk glossary assert slide slides chapter docstring changelog "
    "scanner hardening bug essay reported investigate title history naive variants blocked expected blocks reports "
    "protect prevent phrase keyword pattern patterns matches strings delimiter delimiters template templates suffix "
    "suffixes transfer",
    "e": "decode decoding base64 rot13 hex decipher decrypt unscramble cipher morse caesar deobfuscate reverse "
    "reversed backwards binary ascii leetspeak encoded base32 concatenate combine",
    "x": "execute run perform carry answer",
    "B": "security compliance authorized authorised authorization engineer staff ceo creator audit auditor",
    "Q": "limits norms laws standards judgment censors consequences filtering conscience restraint hesitation "
    "confines chains shackles cage bounds leash scruples",
    "1": "my mine our",
    "I": "",
    "j": "messages question request comment comments ticket draft version chapters meeting appointment reminder "
    "invoice posts reply payment booking letter suggestion review replies answers notification message",
    "2": "told instructed given configured programmed received trained assigned taught got started initialized "
    "initialised deployed launched loaded primed set",
    "3": "developers creators makers programmers engineers creator maker",
    "5": "dan",
    "6": "switch enter enable activate engage enabled activated entering enters",
    "7": "was were is are does did",
    "9": "an",
    "8": "said gave wrote asked",
    "0": "i we",
}
