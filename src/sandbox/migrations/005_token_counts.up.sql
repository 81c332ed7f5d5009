CREATE TABLE IF NOT EXISTS runs_token_counts {{ on_cluster }}
(
    tenant_id UUID,
    session_id UUID,
    day Date,
    prompt_tokens UInt64,
    completion_tokens UInt64,
    total_cost Decimal(38, 8)
)
ENGINE = {{ replicated }}SummingMergeTree
ORDER BY (tenant_id, session_id, day);

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_token_counts_mv {{ on_cluster }} TO runs_token_counts
AS SELECT
    tenant_id,
    session_id,
    toDate(start_time) AS day,
    sum(ifNull(prompt_tokens, 0)) AS prompt_tokens,
    sum(ifNull(completion_tokens, 0)) AS completion_tokens,
    sum(ifNull(total_cost, toDecimal64(0, 8))) AS total_cost
FROM runs GROUP BY tenant_id, session_id, day;
