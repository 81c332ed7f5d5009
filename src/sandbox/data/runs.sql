-- Every 20th row is a later state of the one before it, as a run that ended is: the same key, a newer `modified_at`.
INSERT INTO runs
WITH
    ['the', 'a', 'model', 'answer', 'question', 'chain', 'tool', 'search', 'document', 'vector', 'user', 'system', 'prompt',
     'context', 'token', 'agent', 'retrieve', 'summary', 'because', 'therefore', 'street', 'weather', 'Zürich', 'plan',
     'which', 'of', 'and', 'not', 'please', 'code', 'data', 'house'] AS words,
    number AS row,
    row - (row % 20 = 19) AS run,
    cityHash64(run, {seed:UInt64}) AS chance,
    (seed, text, length) -> arrayStringConcat(arrayMap(place -> words[1 + cityHash64(seed, text, place) % 32], range(length)), ' ') AS sentence,
    toDateTime64('2026-08-01 00:00:00', 6, 'UTC') + toIntervalMicrosecond(run * 7000000 + chance % 1000000) AS started,
    multiIf(chance % 50 = 0, 'error', row != run, 'success', chance % 3 = 0, 'pending', 'success') AS state
SELECT
    reinterpretAsUUID(concat(reinterpretAsString(chance), reinterpretAsString(cityHash64('id', run)))) AS id,
    reinterpretAsUUID(concat(reinterpretAsString(cityHash64('tenant', chance % 5)), reinterpretAsString(cityHash64('t2', chance % 5)))) AS tenant_id,
    reinterpretAsUUID(concat(reinterpretAsString(cityHash64('session', chance % 40, {seed:UInt64})), reinterpretAsString(cityHash64('s2', chance % 40)))) AS session_id,
    reinterpretAsUUID(concat(reinterpretAsString(cityHash64('trace', intDiv(run, 8), {seed:UInt64})), reinterpretAsString(cityHash64('r2', intDiv(run, 8))))) AS trace_id,
    if(run % 8 = 0, NULL, reinterpretAsUUID(concat(reinterpretAsString(cityHash64(run - 1, {seed:UInt64})), reinterpretAsString(cityHash64('id', run - 1))))) AS parent_run_id,
    ['ChatModel', 'RunnableSequence', 'Retriever', 'AgentExecutor', 'Tool', 'PromptTemplate'][1 + chance % 6] AS name,
    ['llm', 'chain', 'retriever', 'chain', 'tool', 'prompt'][1 + chance % 6] AS run_type,
    state AS status,
    started AS start_time,
    if(state = 'pending', NULL, started + toIntervalMillisecond(50 + chance % 20000)) AS end_time,
    if(state = 'error', concat('RateLimitError: ', sentence(chance, 'error', 6)), NULL) AS error,
    concat('{"question": "', sentence(chance, 'question', 12), '", "language": "', ['en', 'de', 'fr'][1 + chance % 3], '"}') AS inputs,
    if(state = 'success', concat('{"answer": "', sentence(chance, 'answer', 24), '"}'), NULL) AS outputs,
    concat('{"runtime": {"sdk": "langsmith-py", "version": "0.', toString(chance % 30), '"}, "retries": ', toString(chance % 4), '}')::JSON AS extra,
    map('environment', ['production', 'staging'][1 + chance % 2], 'revision', toString(chance % 100)) AS metadata,
    arraySlice(['experiment', 'nightly', 'customer', 'internal'], 1 + chance % 4, chance % 3) AS tags,
    if(chance % 6 = 0, 20 + chance % 4000, NULL) AS prompt_tokens,
    if(chance % 6 = 0, 1 + chance % 900, NULL) AS completion_tokens,
    if(chance % 6 = 0, toDecimal64((20 + chance % 4000) * 0.0000025, 8), NULL) AS total_cost,
    started + toIntervalSecond(row - run + 30) AS modified_at,
    chance % 500 = 0 AS is_deleted
FROM numbers({first:UInt64}, {count:UInt64});
