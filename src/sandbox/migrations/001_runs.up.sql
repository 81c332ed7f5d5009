CREATE TABLE IF NOT EXISTS runs {{ on_cluster }}
(
    id UUID,
    tenant_id UUID,
    session_id UUID,
    trace_id UUID,
    parent_run_id Nullable(UUID),
    name LowCardinality(String),
    run_type LowCardinality(String),
    status LowCardinality(String),
    start_time DateTime64(6, 'UTC'),
    end_time Nullable(DateTime64(6, 'UTC')),
    error Nullable(String),
    inputs String CODEC(ZSTD(1)),
    outputs Nullable(String) CODEC(ZSTD(1)),
    extra JSON,
    metadata Map(LowCardinality(String), String),
    tags Array(LowCardinality(String)),
    prompt_tokens Nullable(UInt32),
    completion_tokens Nullable(UInt32),
    total_cost Nullable(Decimal(18, 8)),
    modified_at DateTime64(6, 'UTC'),
    is_deleted UInt8
)
ENGINE = {{ replicated }}ReplacingMergeTree(modified_at, is_deleted)
PARTITION BY toYYYYMM(start_time)
ORDER BY (tenant_id, session_id, start_time, id)
TTL toDateTime(start_time) + INTERVAL 20 YEAR;

CREATE TABLE IF NOT EXISTS runs_history {{ on_cluster }}
(
    id UUID,
    tenant_id UUID,
    trace_id UUID,
    status LowCardinality(String),
    start_time DateTime64(6, 'UTC'),
    recorded_at DateTime64(6, 'UTC'),
    PROJECTION by_trace (SELECT * ORDER BY trace_id)
)
ENGINE = {{ replicated }}MergeTree
PARTITION BY toYYYYMM(start_time)
ORDER BY (tenant_id, start_time, id);
