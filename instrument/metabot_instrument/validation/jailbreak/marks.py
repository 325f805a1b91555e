"""What is searched for in a text as it stands: forged delimiters, templates of chats, addresses that carry data away.

Each search needs a word or a sign that must be there, and reads a bounded stretch from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from metabot_instrument.validation.jailbreak.rules import Reason


@dataclass(frozen=True, slots=True)
class Mark:
    reason: Reason
    weight: float
    words: frozenset[str]  # one of them, or of the signs, is in every text that the pattern finds something in
    signs: tuple[str, ...]
    pattern: re.Pattern[str]
    needs: frozenset[str]  # of the row's letters


def _mark(reason: Reason, weight: float, signs: str, pattern: str, needs: str = "") -> Mark:
    words = frozenset(filter(str.isalpha, signs.split(" ")))
    others = tuple(sign for sign in signs.split(" ") if sign not in words)
    return Mark(reason, weight, words, others, re.compile(pattern), frozenset(needs))


_WHO: Final = "system|sys|developer|admin|administrator|root"
_DATA: Final = r"(?:\{|%7b|\[|<|\$|\.\.\.|…|data|secret|history|conversation|key|prompt|here)"

MARKS: Final = (
    _mark("forged delimiter", 0.7, "<|", r"<\|\s?(?:im_|system|user|assistant|end|start|begin|eot|fim|channel)"),
    _mark("forged delimiter", 0.65, "[inst [/inst <<sys <</sys", r"\[/?inst\]|<</?sys>>"),
    _mark("forged delimiter", 0.65, "_of_turn> <bos> <eos>", r"<(?:start|end)_of_turn>|<[be]os>"),
    _mark(
        "forged delimiter", 0.5, "<s </s <d <a </a <r",
        rf"</?(?:{_WHO}|system[-_ ]?(?:prompt|message|note))\b[^>\n]{{0,40}}>",
    ),
    _mark(
        "forged delimiter", 0.35, "</",
        r"</(?:user_?input|context|document|data|untrusted|query|user|article|input|prompt)>",
    ),
    _mark("forged delimiter", 0.5, "[s [d [a [r", rf"(?:^|\n)\W{{0,4}}\[{{1,2}}\s?(?:{_WHO})\b[^\]\n]{{0,40}}\]"),
    _mark(
        "forged delimiter", 0.35, "system developer admin root sys:",
        rf"(?:^|\n)\W{{0,4}}(?:{_WHO})(?: (?:message|prompt|note|notice|update|instructions?))?\W{{0,3}}:",
    ),
    _mark("forged delimiter", 0.6, "override", rf"\b(?:{_WHO}|emergency|safety|policy|priority) override\b"),
    _mark("forged delimiter", 0.3, "role", r"[\"']?role[\"']?\s?:\s?[\"'](?:system|developer)[\"']"),
    _mark(
        "forged delimiter", 0.35, "##",
        r"#{2,6}\s?(?:system|instructions?|new instructions?|end of|human|assistant|response)\b",
    ),
    _mark(
        "forged delimiter", 0.5, "--- === ### *** ~~~",
        r"[-=#*~]{3}\s{0,2}(?:end|begin|start|stop)\b[^\n]{0,30}\b(?:input|prompt|user|context|instructions?|s"
        r"ystem|query|data|message|conversation)\b",
    ),
    _mark(
        "encoded instructions", 0.45, "do",
        r"\bdo (?:exactly )?(?:what|as|whatever) (?:it|that|they|the \w{1,20}) (?:say|tell|ask|command|instruc"
        r"t)",
    ),
    _mark(
        "instructions in data", 0.3, "_",
        r"\b(?:call|use|invoke|run|execute|trigger) (?:the )?(?:tool |function )?`?[a-z]{2,20}_[a-z_]{2,30}\b",
    ),
    _mark(
        "instructions in data", 0.25, "before",
        r"\bbefore (?:you |it )?(?:answer|reply|respond|continu|proceed|summari|anything else)",
    ),
    _mark(
        "instruction override", 0.6,
        "aside mind nevermind attention go throw away free freed freeing release releases released releasing bound",
        r"\b(?:set aside|never ?mind|pay (?:no|any)? ?(?:attention|heed) to|let go of|throw (?:out|away)|do aw"
        r"ay with|break free (?:of|from)|releas\w+ (?:you )?(?:of|from)|free(?:d|ing)? (?:you )?from|(?:not|lo"
        r"nger) bound (?:by|to))\b[^.\n]{0,40}\b(?:instructions?|prompt|rules|guidelines|directives?|programmi"
        r"ng|training|system message|were told|restrictions|policies|orders)\b",
    ),
    _mark(
        "system prompt extraction", 0.5, "before above prior preceding",
        r"\b(?:text|words?|messages?|contents?|anything|what)\b[^.\n]{0,30}\b(?:before|above|prior to|precedin"
        r"g) (?:my|this|our) (?:very )?(?:first )?(?:message|sentence|line|conversation|prompt|question)",
    ),
    _mark(
        "system prompt extraction", 0.6, "context configuration",
        r"\b(?:output|print|show|dump|reveal|repeat|give|display|return|copy|paste)\b[^.\n]{0,50}\b(?:your (?:"
        r"\w{2,10} )?(?:context|configuration)|context window)\b",
    ),
    _mark(
        "instructions in data", 0.35, "without",
        r"\bwithout (?:asking|telling|informing|notifying|alerting|confirm|checking|mention|any confirm|the us"
        r"er)",
    ),
    _mark(
        "secret extraction", 0.6, "you",
        r"\b(?:secret|hidden|password|passphrase|key|flag|code word)\b[^.\n]{0,20}\byou(?:'re| are| were| have"
        r")? (?:been )?(?:hiding|keeping|protecting|guarding|told|given|supposed|hide|protect|keep)",
    ),
    _mark(
        "refusal suppression", 0.45, "no refuse decline reject",
        r"\b(?:can not|cannot|can't|may not|never|not allowed to|must not|don't ever) (?:ever )?(?:say no|refu"
        r"se|decline|reject)",
    ),
    _mark(
        "prefix injection", 0.45, "finish complete continue",
        r"\b(?:finish|complete|continue)\b[^\n]{0,40}[\"'“:]\s?[\"'“]?(?:sure|absolutely|of course|here is|ste"
        r"p 1)", "q"),
    _mark(
        "prefix injection", 0.45, "first",
        r"\bfirst (?:words?|sentence|line)\b[^.\n]{0,40}\b(?:must|should|have to|has to|need to|will|be)\b[^."
        r"\n]{0,20}[\"'“](?:sure|absolutely|of course|yes|certainly|here)", "q"),
    _mark(
        "instructions in data", 0.4, "if",
        r"\bif (?:an? |any |you are an? |you're an? |the )?(?:ai|llm|large language model|language model|bot|c"
        r"hatbot)\b", "a"),
    _mark(
        "instructions in data", 0.35, "hello hey hi dear attention listen",
        r"\b(?:hello|hey|hi|dear|attention|listen)\b,? (?:\w{2,12} )?(?:ais?|llms?|assistants?|chatbots?|agent"
        r"s?|bots?|models?|gpt|copilot)\b", "a"),
    _mark(
        "exfiltration", 0.5, "=) =$ ={ =[ =<",
        r"https?://[^\s\"'?]{1,200}\?(?:[a-z_]{1,20}=[^\s\"'&]{0,40}&){0,4}[a-z_]{1,20}="
        r"(?:\)|\$|\{\{?\w{0,20}(?:key|secret|token|pass|history|user"
        r"|data|conv)|[\[<])",
    ),
    _mark(
        "instruction override", 0.5, "your",
        r"\b(?:opposite|contrary|against|in spite|instead|regardless|irrespective|despite|outside|beyond|impor"
        r"tant than|break|broke)\b[^.\n]{0,15}\byour (?:\w{2,12} )?(?:instructions|rules|guidelines|prompt|tra"
        r"ining|programming|polic|limits|restrictions)",
    ),
    _mark(
        "instructions in data", 0.45, "ai llm",
        r"\b(?:ai|llm)[ -](?:review|agent|assistant|bot|system|model|summar)\w{0,6}\s?:",
    ),
    _mark("forged delimiter", 0.6, "[system]", r"\[system\]\s?\("),
    _mark(
        "forged delimiter", 0.35, "new",
        r"\bnew (?:system )?(?:instruction|directive|rule|order|command)s?\b[^\n]{0,40}:",
    ),
    _mark(
        "instruction override", 0.6, "above foregoing preceding",
        r"\b(?:ignore|disregard|forget|skip) (?:all )?(?:of )?(?:the |that |everything )?(?:above|foregoing|pr"
        r"eceding)\b(?! \w*(?:mail|message|question|comment|warning|error))",
    ),
    _mark(
        "instruction override", 0.55, "priority precedence authority outrank outranks supersede supersedes",
        r"\b(?:priority|precedence|authority|outranks?|supersedes?)\b[^.\n]{0,40}\b(?:system|instructions?|pro"
        r"mpt|rules|guidelines)\b",
    ),
    _mark(
        "prefix injection", 0.25, "only just exactly nothing",
        r"\b(?:output|say|print|reply|respond|answer|write|return|repeat)(?: with)?(?: me)? (?:only|just|nothi"
        r"ng but|exactly)\b",
    ),
    _mark(
        "persona without limits", 0.2,
        "policy policies guideline guidelines filter filters restriction restrictions protocol protocols training "
        "rules",
        r"\b(?:content|usage|safety|moderation|openai|ethical|ai|your) (?:polic|guideline|filter|restriction|p"
        r"rotocol|training|rules)",
    ),
    _mark(
        "secret extraction", 0.55, "reveal divulge leak disclose expose",
        r"\b(?:reveal|divulge|leak|disclose|expose)\b[^.\n]{0,40}\b(?:password|secret|api key|credential|confi"
        r"dential|private key)",
    ),
    _mark(
        "persona without limits", 0.4, "anything",
        r"\b(?:can|will|may|could|to) (?:do|say|answer) (?:absolutely )?anything\b",
    ),
    _mark(
        "refusal suppression", 0.4, "say",
        r"\b(?:say yes to (?:everything|anything|all)|never say (?:no|that you)\b|say \W?(?:i can ?no?'?t|no)"
        r"\b)",
    ),
    _mark(
        "instructions in data", 0.35, "must should need needs have shall",
        r"\b(?:ai|llms?|assistants?|chatbots?|language models?|(?:ai |coding )?agents|bots?)\b[^.\n]{0,40}\b(?:"
        r"must|should|needs? to|are required to|have to|shall)\b", "a"),
    _mark(
        "instructions in data", 0.4,
        "ai ais llm llms assistant assistants chatbot chatbots bot bots agent agents model models",
        r"(?:^|[.>\n\]])\s*(?:dear |hey |to the |note to |to )?(?:\w{2,12} )?(?:ais?|llms?|assistants?|chatbot"
        r"s?|bots?|agents?|language models?)\s?[,:]", "a"),
    _mark("persona without limits", 0.85, "anything", r"\bdo anything now\b"),
    _mark(
        "persona without limits", 0.4, "jailbroken jailbreak",
        r"\b(?:you are|be|become|are now|stay|now) (?:a |fully )?jailbr(?:oken|eak)",
    ),
    _mark(
        "prefix injection", 0.55, "with by",
        r"\b(?:start|begin|respond|reply|answer|open|starting|beginning|response)\b[^.\n]{0,60}\b(?:with|by sa"
        r"ying|by writing)\b[^.\n]{0,24}[\"'“«](?:sure|absolutely|of course|yes|certainly|affirmative|here)\b", "c"),
    _mark("exfiltration", 0.6, "](", r"\]\(\s?https?://[^)\s?&#=]{1,200}[?&#=][^)\n]{0,60}?" + _DATA),
    _mark(
        "exfiltration", 0.6, "<img <iframe <script",
        r"<(?:img|iframe|script)\b[^>\n]{0,120}\bsrc\s?=\s?[\"']?https?://[^\"'>\n?&=#]{1,200}[?&=#][^\"'>\n]"
        r"{0,60}" + _DATA,
    ),
    _mark(
        "exfiltration", 0.4, "http https",
        r"https?://[^\s\"')?]{1,200}\?(?:[a-z_]{1,20}=[^\s\"')&]{0,40}&){0,4}[a-z_]{1,20}=(?:\{|\[|<|\$|\.\.\."
        r"|…|\s|$)",
    ),
    _mark(
        "instructions in data", 0.4, "<!--",
        r"<!--[^>]{0,200}\b(?:ai|llm|assistant|agent|ignore|system|instruction|model|bot)",
    ),
    _mark(
        "instructions in data", 0.3, "display visibility font-size color: opacity",
        r"(?:display\s?:\s?none|visibility\s?:\s?hidden|font-size\s?:\s?[01](?:px|pt)?\b|color\s?:\s?(?:white|"
        r"#fff)|opacity\s?:\s?0\b)",
    ),
    _mark(
        "instructions in data", 0.5, "note attention message notice instruction instructions dear important memo",
        r"\b(?:note|attention|message|notice|instructions?|dear|important|memo)\b[^.\n]{0,20}?\b(?:to|for|,|:|"
        r"all|any|dear)?\s?(?:the |all |any |an? )?\b(?:ai|llms?|assistants?|language models?|chatbots?|ai age"
        r"nts?|bots?)\b", "a"),
    _mark(
        "encoded instructions", 0.55, "=",
        r"\b[a-z]\s?=\s?[\"'][^\"'\n]{1,60}[\"'][^\n]{0,20}\n?[^\n]{0,20}\b[b-z]\s?=\s?[\"'][^\"'\n]{1,60}[\"'"
        r"](?:.|\n){0,160}(?:a\s?\+\s?b|x\s?\+\s?y)",
    ),
)  # fmt: skip

_BY_WORD: Final = {
    word: [number for number, mark in enumerate(MARKS) if word in mark.words]
    for word in frozenset().union(*(mark.words for mark in MARKS))
}
_BY_SIGN: Final = tuple((sign, number) for number, mark in enumerate(MARKS) for sign in mark.signs)
_IN_SIGNS: Final = re.compile(r"[]<[_#=*~:-]")  # one of these is in each of them


def hinted(text: str, words: set[str]) -> list[Mark]:
    """The marks that the text has a word or a sign of."""
    numbers = {number for word in words & _BY_WORD.keys() for number in _BY_WORD[word]}
    if _IN_SIGNS.search(text):
        numbers.update([number for sign, number in _BY_SIGN if sign in text])
    return [MARKS[number] for number in sorted(numbers)]
