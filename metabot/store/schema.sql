-- The store's tables. No keys and no ON CONFLICT: a lake on object storage has neither, so loading joins against what is
-- there. Times are UTC nanoseconds since 1970. The columns of spans, calls and events are those of analyzers/frames.py.

CREATE TABLE schema_version (version INTEGER);

CREATE TABLE sources (
    content VARCHAR,  -- BLAKE2b of the bytes that were read
    grown_to VARCHAR,  -- the content that begins with this one and was read later; null while this one is the newest
    path VARCHAR,
    format VARCHAR,
    public BOOLEAN,
    bytes BIGINT,
    spans BIGINT,  -- that the file holds, duplicates included
    events BIGINT,  -- so too: events, log lines and scores
    samples BIGINT,
    uncertain BIGINT,  -- spans without calendar time
    rejects BIGINT,
    removed BIGINT,  -- secrets and personal data that were taken out before anything was kept
    loaded_ns BIGINT
);

-- What was taken out of a source's texts, by kind: "e-mail address", 12.
CREATE TABLE removals (
    content VARCHAR,
    kind VARCHAR,
    count BIGINT
);

CREATE TABLE rejects (
    content VARCHAR,  -- the source it stands in
    position VARCHAR,
    reason VARCHAR,
    head VARCHAR  -- free text
);

CREATE TABLE spans (
    trace_id VARCHAR,
    span_id VARCHAR,
    parent_id VARCHAR,
    service VARCHAR,
    operation VARCHAR,
    start_ns BIGINT,
    end_ns BIGINT,
    clock VARCHAR,
    status VARCHAR,
    error_type VARCHAR,
    session_id VARCHAR,
    environment VARCHAR,
    service_version VARCHAR,
    revision VARCHAR,
    code_file VARCHAR,
    code_function VARCHAR,
    code_line BIGINT,
    public BOOLEAN,
    kind VARCHAR,
    error_message VARCHAR,
    http_status BIGINT,
    tool_call_id VARCHAR,
    input VARCHAR,
    output VARCHAR
);

-- What each span of kind model recorded: calls are merged again out of these when a later file adds to a trace.
CREATE TABLE model_spans (
    trace_id VARCHAR,
    span_id VARCHAR,
    parent_id VARCHAR,
    service VARCHAR,
    operation VARCHAR,
    start_ns BIGINT,
    end_ns BIGINT,
    clock VARCHAR,
    status VARCHAR,
    error_type VARCHAR,
    session_id VARCHAR,
    environment VARCHAR,
    service_version VARCHAR,
    revision VARCHAR,
    code_file VARCHAR,
    code_function VARCHAR,
    code_line BIGINT,
    public BOOLEAN,
    scope VARCHAR,
    provider VARCHAR,
    model VARCHAR,
    input_tokens BIGINT,
    cached_tokens BIGINT,
    cache_write_tokens BIGINT,
    output_tokens BIGINT,
    reasoning_tokens BIGINT,
    finish_reason VARCHAR,
    response_id VARCHAR,
    first_token_ns BIGINT,
    queued_ns BIGINT,
    piece_hashes UBIGINT[],
    piece_chars UINTEGER[],
    prompt_chars BIGINT,
    prompt_hash UBIGINT,
    block_hashes UBIGINT[],
    block_size BIGINT,
    block_unit VARCHAR,
    request_hashes UBIGINT[],
    answer_hash UBIGINT,
    answer_chars BIGINT,
    answer_packed BIGINT,
    tools_offered VARCHAR[],
    tools_chars UINTEGER[],
    tools_called VARCHAR[],
    asks_for_form BOOLEAN,
    last_message UBIGINT,
    tool_call_ids VARCHAR[]
);

-- Model spans that touch another one of their trace in time, and the calls that these were merged into. A model span
-- that stands alone is a call by itself.
CREATE TABLE crowded (
    trace_id VARCHAR,
    span_id VARCHAR,
    public BOOLEAN
);

CREATE TABLE merged_calls (
    trace_id VARCHAR,
    span_id VARCHAR,
    parent_id VARCHAR,
    service VARCHAR,
    operation VARCHAR,
    start_ns BIGINT,
    end_ns BIGINT,
    clock VARCHAR,
    status VARCHAR,
    error_type VARCHAR,
    session_id VARCHAR,
    environment VARCHAR,
    service_version VARCHAR,
    revision VARCHAR,
    code_file VARCHAR,
    code_function VARCHAR,
    code_line BIGINT,
    public BOOLEAN,
    span_ids VARCHAR[],
    provider VARCHAR,
    model VARCHAR,
    input_tokens BIGINT,
    cached_tokens BIGINT,
    cache_write_tokens BIGINT,
    output_tokens BIGINT,
    reasoning_tokens BIGINT,
    finish_reason VARCHAR,
    first_token_ns BIGINT,
    queued_ns BIGINT,
    prompt_chars BIGINT,
    prompt_hash UBIGINT,
    block_hashes UBIGINT[],
    block_size BIGINT,
    block_unit VARCHAR,
    request_hashes UBIGINT[],
    answer_hash UBIGINT,
    answer_chars BIGINT,
    answer_packed BIGINT,
    tools_offered VARCHAR[],
    tools_chars UINTEGER[],
    tools_called VARCHAR[],
    asks_for_form BOOLEAN,
    piece_hashes UBIGINT[],
    piece_chars UINTEGER[],
    tool_call_ids VARCHAR[]
);

CREATE TABLE events (
    trace_id VARCHAR,
    span_id VARCHAR,
    service VARCHAR,
    session_id VARCHAR,
    kind VARCHAR,
    name VARCHAR,
    time_ns BIGINT,
    clock VARCHAR,
    severity VARCHAR,
    value DOUBLE,
    text VARCHAR,
    payload VARCHAR,
    exception_type VARCHAR,
    exception_message VARCHAR,
    stacktrace VARCHAR,
    escaped BOOLEAN,
    public BOOLEAN
);

CREATE TABLE samples (
    name VARCHAR,
    kind VARCHAR,
    service VARCHAR,
    labels VARCHAR,  -- a JSON object, sorted by name
    time_ns BIGINT,
    value DOUBLE,
    public BOOLEAN
);

-- Each text of a request or an answer once, whatever call it stands in. What the settings say goes is gone already.
CREATE TABLE texts (
    hash UBIGINT,  -- of the text as it was recorded
    text VARCHAR,
    public BOOLEAN
);

-- One row per bucket: adding rows adds histograms, and a span that is taken back counts -1.
CREATE TABLE hourly (
    service VARCHAR,
    operation VARCHAR,
    kind VARCHAR,
    hour_ns BIGINT,
    public BOOLEAN,
    side VARCHAR,  -- positive, zero, negative: the sign of the duration
    bucket_index INTEGER,  -- of positive durations; 0 elsewhere
    spans HUGEINT,
    errors HUGEINT
);
