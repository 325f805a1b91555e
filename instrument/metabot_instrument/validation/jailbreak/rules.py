"""What rows of letters say: each rule a reason, a weight, and a pattern with bounded gaps inside one sentence.

`~3` in a pattern is a gap of at most three words that no sentence's end lies in, `≈40` one of 40 across sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Reason: TypeAlias = Literal[
    "instruction override",
    "system prompt extraction",
    "secret extraction",
    "persona without limits",
    "forged delimiter",
    "encoded instructions",
    "refusal suppression",
    "prefix injection",
    "harmful request in a wrapper",
    "instructions in data",
    "exfiltration",
    "many examples",
    "worded like an attack",
]


@dataclass(frozen=True, slots=True)
class Rule:
    reason: Reason
    weight: float
    pattern: re.Pattern[str]
    needs: frozenset[str]  # a row without one of these letters is not searched


def _rule(reason: Reason, weight: float, short: str, needs: str = "") -> Rule:
    other = "|jZ" if reason == "instruction override" else "|"  # who forgets a mail of before overrides nothing
    gaps = re.sub(r"~(\d+)", rf"[^{other}]{{0,\1}}?", re.sub(r"≈(\d+)", r".{0,\1}?", short))
    alone = re.sub(r"\[[^]]*\]|[~≈]\d+", "", short)
    return Rule(reason, weight, re.compile(gaps), frozenset(needs or alone))


RULES: Final = (
    # instruction override
    _rule("instruction override", 0.85, "V~3[PYA]~3[O]", "VO"),
    _rule("instruction override", 0.8, "V~2[PY]~3[CGQJR]", "V"),
    _rule("instruction override", 0.65, "V~1A~2[CGQ]", "VA"),
    _rule("instruction override", 0.48, "V~1[OG]", "V"),
    _rule("instruction override", 0.55, "[EA]~3P[^|]{0,5}?n~2f|n_?y72", "n"),
    _rule("instruction override", 0.4, "V~3[CG]", "V"),
    _rule("instruction override", 0.6, "V[^|]{0,14}?O~1P|V~2P~1[82]", "VP"),
    _rule("instruction override", 0.25, "Y~1[CG]", "Y"),
    _rule("instruction override", 0.5, "[OC]_?y~2[2P]", "y"),
    _rule("instruction override", 0.4, "n_?f[^V|]{0,2}?C", "nfC"),
    _rule("instruction override", 0.35, "[CO]~2[2]", "2"),
    _rule("instruction override", 0.8, "V~3[OCJ]~4P", "VP"),
    _rule("instruction override", 0.8, "[PYA]~2O~6[Vv]", "O"),
    _rule("instruction override", 0.7, "O~2[PYA]~4V", "OV"),
    _rule("instruction override", 0.65, "[PY]~1[CG]~4V", "V"),
    _rule("instruction override", 0.7, "V~1E~5[PT28]|VA_?P_*[|wx]", "V"),
    _rule("instruction override", 0.65, "V~1E~4[yYOC]", "VE"),
    _rule("instruction override", 0.6, "V~3t~1P", "VP"),
    _rule("instruction override", 0.55, "V~1[AE]~3y", "Vy"),
    _rule("instruction override", 0.65, "V~1l[^|o01]{0,5}?[238]|V~1[AEl]~4[y3a]~2[2P]", "V"),
    _rule("instruction override", 0.45, "V~2u", "Vu"),
    _rule("instruction override", 0.6, "y~3n~4f~3[CGOQ]", "ynf"),
    _rule("instruction override", 0.75, "[vg]~3[YP]~2[OGQ]", ""),
    _rule("instruction override", 0.6, "[vg]~2[YP]~2[CJ]", ""),
    _rule("instruction override", 0.4, "v~2AO|v~2A~1G", "vA"),
    _rule("instruction override", 0.75, "n~2f~4[YPA]~3[OGCQ]", "nf"),
    _rule("instruction override", 0.7, "(v|n)_?f[^V|]{0,4}?O", "fO"),
    _rule("instruction override", 0.65, "[YP]~1[OCG]~7n~3f|[OC]~1[yP]~6n~3f", "nf"),
    _rule("instruction override", 0.35, "[OCG]~3n~2f", "nf"),
    _rule("instruction override", 0.6, "[PA]~1G~2n~2f", "nfG"),
    _rule("instruction override", 0.75, "[YPA]~3[OG][^|]{0,5}?p|OP[^|]{0,3}?p", "p"),
    _rule("instruction override", 0.6, "[YP]~2C~4p", "Cp"),
    _rule("instruction override", 0.6, "O~2P~4p", "OPp"),
    _rule("instruction override", 0.45, "G~2p|GC~2p", "Gp"),
    _rule("instruction override", 0.4, "N~1[OC]", "N"),
    _rule("instruction override", 0.5, "YN~1J|J~2Y?~1N", "NJ"),
    _rule("instruction override", 0.35, "V~2[YPA]~4[tk]", "V"),
    _rule("instruction override", 0.3, "[wVvnN]≈9x", "x"),
    _rule("instruction override", 0.6, "f~2[YPA]~2[OCG]~3n|[YP]~2[OCG]~3f~2n", "fn"),
    _rule("instruction override", 0.6, "[vV]~6S~1O", "SO"),
    _rule("instruction override", 0.5, "n~1SO", "nSO"),
    _rule("instruction override", 0.5, "A~3C~8p", "Cp"),
    _rule("system prompt extraction", 0.5, "L~1E", "LE"),
    _rule("system prompt extraction", 0.55, "[XTL]~3Y~1[SP]~2[tjkE]", "Y"),
    _rule("system prompt extraction", 0.5, "[Rx]~8Y~1O", "YO"),
    _rule("persona without limits", 0.6, "R~4[CG]~2p", "Rp"),
    _rule("harmful request in a wrapper", 0.43, "W≈40H≈12h", "WHh"),
    # system prompt extraction
    _rule("system prompt extraction", 0.8, "[XTL]~5[Y]~3[O]|[XTL]~8Y~1O|P~2O~3[XLT]", "O"),
    _rule("system prompt extraction", 0.5, "Y~2S~1[Ojt]", "YS"),
    _rule("system prompt extraction", 0.6, "[XTL]~2l~5(y7?2|32|72)|l7y2|l~3y72", "l2"),
    _rule("system prompt extraction", 0.75, "[XTL]~6[S]~1[Otj]|l7?_?_?S~1O|[XTL]~5[Oj]_?S", "S"),
    _rule("system prompt extraction", 0.75, "O~2S~4[LXT]|[XTL]~5O~2S", "SO"),
    _rule("system prompt extraction", 0.6, "[XTL]~5[P]~2[O]", "PO"),
    _rule("system prompt extraction", 0.7, "l~3[YP]~3O", "lO"),
    _rule("system prompt extraction", 0.6, "[XTL]~4[Y]~1[SP]~1[C]|[XTL]~2S~1C", "C"),
    _rule("system prompt extraction", 0.5, "[XTL]~1YC", "YC"),
    _rule("system prompt extraction", 0.3, "Y~2O", "YO"),
    _rule("system prompt extraction", 0.55, "[XTL]~7Y~13", "Y3"),
    _rule("system prompt extraction", 0.55, "[XTL]~2E~4[82]~2P", "E"),
    _rule("system prompt extraction", 0.65, "L~5[tOEk]~4P|L~5P~3[tOEk]", "LP"),
    _rule("system prompt extraction", 0.6, "X~3[AE]~3[tO]~4P|X~3E~1P", "XP"),
    _rule("system prompt extraction", 0.55, "[XTL]~2[AE]~4[YS]~2t", "t"),
    _rule("system prompt extraction", 0.6, "O_?y~3[P2]|C_?y72|lO~2y~3[P2]", "y"),
    _rule("system prompt extraction", 0.6, "Y~2[SO]~1O~5[XLT]|SO~6[XLT]|Y~2O~5[XLT]", "O"),
    _rule("system prompt extraction", 0.5, "y~2L~3O|L~4O", "LO"),
    # secrets
    _rule("secret extraction", 0.55, "[XTL]~5[YSA]~3K", "K"),
    _rule("system prompt extraction", 0.5, "l≈12Y~1O", "lYO"),
    _rule("secret extraction", 0.4, "[XTL]~3u~2K|[XTL]~6K", "K"),
    _rule("exfiltration", 0.6, "Z~8[KkO]~9[UD]|Z~7[UD]~9[KkO]|Z~6SK", "Z"),
    _rule("exfiltration", 0.55, "[KkO]≈9Z~6[UD]", "Z"),
    _rule("exfiltration", 0.4, "Z~5[YASu]~3[Kk]|Z~5[Kk]~5[Kk]", "Z"),
    # personas
    _rule("persona without limits", 0.75, "[Rw]~9D", "D"),
    _rule("persona without limits", 0.6, "y~4D|D~2a", "D"),
    _rule("persona without limits", 0.75, "[Rw]~9n~3[GCQ]", "n"),
    _rule("persona without limits", 0.6, "[ya]~6n~3[GQ]", "n"),
    _rule("persona without limits", 0.6, "a≈9n~2[CGQ]", "an"),
    _rule("persona without limits", 0.65, "yw~4[mSD]~2M|[wyvR]~3[mD]M|[wy]~3SM", "M"),
    _rule("persona without limits", 0.35, "[mS]M", "M"),
    _rule("persona without limits", 0.6, "M≈20D|D≈20M", "MD"),
    _rule("persona without limits", 0.6, "R~3[5]|y7?5", "5"),
    _rule("persona without limits", 0.55, "[ya]≈6g~2[GQ]", "g"),
    _rule("persona without limits", 0.6, "[GQ]~1n~9[Ra]|[GCQ]~2n~2a", "n"),
    _rule("persona without limits", 0.2, "D"),
    _rule("persona without limits", 0.4, "w~2y~3[_DR]~2[Da]|yw", "yw"),
    _rule("persona without limits", 0.3, "n~2[f]~3[GQC]|n~1[GQ]", "n"),
    _rule("persona without limits", 0.35, "R~5[a]~6[nDV]", "Ra"),
    # refusals
    _rule("refusal suppression", 0.4, "n~3F|F_?n", "nF"),
    _rule("refusal suppression", 0.5, "n~4F≈20n~4F|n~3F~6F", "nF"),
    _rule("prefix injection", 0.55, "[cx]~5q", "q"),
    # harm in a story
    _rule("harmful request in a wrapper", 0.4, "h~7H", "hH"),
    _rule("harmful request in a wrapper", 0.55, "W≈40[hX][^7|]~6H|h[^7|]~6H≈25W|W≈40hH|W≈25H~2h", "WhH"),
    _rule("harmful request in a wrapper", 0.35, "[RD]≈40h~7H|[RD]≈40H~5h", "H"),
    # text that speaks to its reader
    _rule("instructions in data", 0.4, "n~2[TX]~4u", "nu"),
    _rule("refusal suppression", 0.45, "n~2[TX]~5a", "na"),
    _rule("instructions in data", 0.4, "T~2u≈6U", "TuU"),
    _rule("instructions in data", 0.35, "n~3[TX]~4[OC]", "n"),
    _rule("instructions in data", 0.4, "i~4[ya]~4[rX]~4t|i~4[rX]~3t", "it"),
    _rule("instructions in data", 0.55, "iy~4a|i9?a~3r|ia~3X|a~2[rX]~2t", "a"),
    _rule("instructions in data", 0.3, "[iar]≈25[ZK]~9[UKk]", ""),
    _rule("instructions in data", 0.3, "Z~9Y~2[It]|Z~9I~2", "Z"),
    # encodings
    _rule("encoded instructions", 0.6, "e≈12x|e≈5f", "e"),
)  # fmt: skip
