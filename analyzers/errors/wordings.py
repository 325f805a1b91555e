"""How providers of models and HTTP clients call what went wrong: a table of data, read by `causes`.

Types, statuses and words are those that these pages state:
Anthropic https://docs.claude.com/en/api/errors,
OpenAI https://platform.openai.com/docs/guides/error-codes,
Azure OpenAI https://learn.microsoft.com/azure/ai-services/openai/quotas-limits,
Amazon Bedrock https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html,
Google https://ai.google.dev/gemini-api/docs/troubleshooting and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors,
Mistral https://docs.mistral.ai/api, Cohere https://docs.cohere.com/reference/errors,
LiteLLM https://docs.litellm.ai/docs/exception_mapping,
vLLM https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html,
Requests https://requests.readthedocs.io/en/latest/api/#exceptions, HTTPX https://www.python-httpx.org/exceptions,
Node.js https://nodejs.org/api/errors.html#common-system-errors,
HTTP https://www.rfc-editor.org/rfc/rfc9110#name-status-codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One cause: any of the three is enough."""

    cause: str
    types: str = ""  # last parts of type names, letters only, in lower case: `litellm.RateLimitError` is ratelimiterror
    statuses: tuple[int, ...] = ()
    words: str = ""  # a regular expression over type and message in lower case


# The first that fits is the cause: what is said more exactly stands before what is said in general.
WORDINGS: Final = (
    Wording(  # a limit by the minute is one, whatever else the message calls it
        cause="rate limit",
        words=r"(tokens|requests|calls) ?(per|/) ?min|quota.{0,400}(per ?minute|per ?second|retry ?delay|retry in)"
        r"|too many tokens, please wait",
    ),
    Wording(
        cause="context overflow",
        types="contextwindowexceedederror contextlengthexceedederror contextlengthexceeded contextoverflowerror",
        words=r"context_length_exceeded|maximum context length|maximum model length|prompt is too long"
        r"|context[ _](length|window|size)[^.]{0,40} exceed|exceed[^.]{0,60} context (length|window|size|limit)"
        r"|input is too long|input token count|too many tokens: |model_context_window_exceeded"
        r"|reduce the length of (the|your) (messages|prompt|input)|inputs`? tokens \+ `?max_new_tokens",
    ),
    Wording(
        cause="quota exceeded",
        types="quotaexceeded quotaexceedederror insufficientquota insufficientquotaerror paymentrequired"
        " servicequotaexceededexception",
        statuses=(402,),
        words=r"insufficient_quota|exceeded your current quota|quota[ _](was |is |has been )?exceeded"
        r"|credit balance is too low|insufficient (credits?|balance|funds)|billing[ _]hard[ _]limit"
        r"|enforced_spend_limit|exceeded your (monthly|daily|account) |payment required",
    ),
    Wording(
        cause="content filter",
        types="contentpolicyviolationerror contentfilter contentfiltererror contentfilterfinishreasonerror"
        " contentfilteredexception responsibleaipolicyviolation blockedpromptexception guardrailraisedexception",
        words=r"content_filter|content_policy_violation|content management policy|content filtering policy"
        r"|responsibleaipolicyviolation|prohibited_content|rejected as a result of our safety system"
        r"|blocked (by|due to) (the )?(safety|content)|flagged as potentially violating|data_inspection_failed",
    ),
    Wording(
        cause="rate limit",
        types="ratelimit ratelimiterror ratelimited ratelimitexceeded ratelimitexceedederror ratelimitreached"
        " apiratelimiterror toomanyrequests toomanyrequestserror toomanyrequestsexception throttling throttlederror"
        " throttledexception throttlingexception throttlingerror resourceexhausted resourceexhaustederror"
        " requestlimitexceeded slowdown",
        statuses=(429,),
        words=r"rate[ _-]?limit[ _-]?(error|exceeded|reached|hit|is exceeded|of \d)"
        r"|(exceed\w*|reached|hit|over)[^.]{0,60} rate limit|too many requests|resource[ _]exhausted"
        r"|throttlingexception|request (was|is being) throttled|capacity exceeded|trial key, which is limited",
    ),
    Wording(
        cause="overloaded",
        types="overloaded overloadederror serviceunavailable serviceunavailableerror serviceunavailableexception"
        " unavailable modelnotreadyexception",
        statuses=(503, 529),
        words=r"overloaded_error|^\W*overloaded\W*$|message\W{1,5}overloaded|overloaded with other requests"
        r"|(server|model|api|engine|service)s? (is|are) (currently |temporarily )?(overloaded|unavailable|at capacity)"
        r"|service (temporarily )?unavailable|experiencing (high|heavy) |no healthy upstream"
        r"|not ready (to serve|for inference)|model is (currently )?loading|status\W{1,5}unavailable",
    ),
    Wording(
        cause="authentication",
        types="authenticationerror authenticationexception autherror unauthenticated unauthorized unauthorizederror"
        " invalidapikey invalidapikeyerror unrecognizedclientexception expiredtokenexception nocredentialserror"
        " invalidsignatureexception defaultcredentialserror clientauthenticationerror credentialunavailableerror",
        statuses=(401,),
        words=r"(invalid|incorrect|missing|expired|wrong) (openai |anthropic )?api[ _-]?key|invalid x-api-key"
        r"|api[ _-]?key (\S+ )?(is |was |has |must |not )+(invalid|valid|expired|missing|required|found|be set)"
        r"|authentication_error|invalid_api_key|invalid authentication|authentication (has )?failed"
        r"|could not resolve authentication|unable to locate credentials|didn't provide an api key"
        r"|security token[^.]{0,40} (invalid|expired)|access token (is |has )?(invalid|expired)|401 unauthorized",
    ),
    Wording(
        cause="permission",
        types="permissiondenied permissiondeniederror accessdenied accessdeniedexception forbidden forbiddenerror",
        statuses=(403,),
        words=r"permission_error|permission_denied|403 forbidden|don't have access to the model"
        r"|not authorized to perform|does not have permission to",
    ),
    Wording(
        cause="time-out",
        types="timeout timeouterror timeoutexception timeoutexpired readtimeout readtimeouterror connecttimeout"
        " connecttimeouterror writetimeout pooltimeout apitimeouterror servertimeouterror sockettimeout"
        " sockettimeoutexception httptimeoutexception modeltimeoutexception deadlineexceeded gatewaytimeout etimedout"
        " contextdeadlineexceeded",
        statuses=(408, 504, 524),
        words=r"(request|read|connect|connection|operation|command|call|stream)( has| was| is)? timed out"
        r"|deadline[ _]exceeded|\betimedout\b|gateway time-?out|request time-?out"
        r"|timeout (on reading|awaiting|exceeded)",
    ),
    Wording(
        cause="connection",
        types="connectionerror apiconnectionerror connecterror connectexception connectionreseterror"
        " connectionrefusederror connectionabortederror connectionclosederror remoteprotocolerror remotedisconnected"
        " protocolerror readerror clientconnectorerror serverdisconnectederror clientoserror unknownhostexception"
        " econnreset econnrefused econnaborted enotfound eaiagain epipe networkerror gaierror sslerror"
        " endpointconnectionerror newconnectionerror maxretryerror chunkedencodingerror incompleteread",
        words=r"connection (was )?(reset|refused|aborted|closed by)|^\W*connection error\W*$|\beconnre(set|fused)\b"
        r"|\benotfound\b|\beai_again\b|server disconnected|peer closed connection|remote end closed connection"
        r"|incomplete chunked read|name or service not known|failure in name resolution|getaddrinfo"
        r"|network is unreachable|no route to host|socket hang up|^\W*(typeerror\W+)?fetch failed"
        r"|upstream connect error|failed to establish a new connection",
    ),
    Wording(
        cause="request too large",
        types="requesttoolarge requesttoolargeerror payloadtoolarge contenttoolarge",
        statuses=(413,),
        words=r"request_too_large|request entity too large|payload too large",
    ),
    Wording(
        cause="not found",
        types="notfound notfounderror notfoundexception modelnotfound modelnotfounderror resourcenotfoundexception",
        statuses=(404, 410),
        words=r"not_found_error|model_not_found|deploymentnotfound|404 not found|the model \S+ does not exist",
    ),
    Wording(
        cause="server error",
        types="internalservererror internalserverexception internalerror internalfailure servererror badgateway"
        " badgatewayerror modelerrorexception modelstreamerrorexception",
        statuses=(500, 502, 520, 521, 522, 523),
        words=r"internal server error|bad gateway|the server had an error",
    ),
    Wording(
        cause="invalid request",
        types="badrequest badrequesterror invalidrequesterror invalidargument unprocessableentity"
        " unprocessableentityerror validationexception unsupportedparamserror",
        statuses=(400, 422),
        words=r"invalid_request_error|400 bad request|unsupported_parameter",
    ),
)

# An HTTP status that stands in a message: `Error code: 429 -`, `429 Client Error`, `HTTP/1.1 503`, `"code": 503`.
STATUS_IN_WORDS: Final = (
    r"(?:error code|status code|\bstatus|http/[\d.]+|\bhttp|[\"']code[\"'])\W{1,4}([45]\d\d)\b",
    r"^\W*([45]\d\d)\b",
    r"\b([45]\d\d) (?:client|server) error\b",
)
