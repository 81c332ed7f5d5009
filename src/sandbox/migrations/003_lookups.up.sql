CREATE TABLE IF NOT EXISTS runs_trace_id {{ on_cluster }}
(
    tenant_id UUID,
    trace_id UUID,
    id UUID,
    start_time DateTime64(6, 'UTC'),
    modified_at DateTime64(6, 'UTC')
)
ENGINE = {{ replicated }}ReplacingMergeTree(modified_at)
ORDER BY (tenant_id, trace_id, start_time, id);

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_trace_id_mv {{ on_cluster }} TO runs_trace_id
AS SELECT tenant_id, trace_id, id, start_time, modified_at FROM runs;

CREATE TABLE IF NOT EXISTS runs_tags {{ on_cluster }}
(
    tenant_id UUID,
    tag LowCardinality(String),
    run_id UUID,
    start_time DateTime64(6, 'UTC')
)
ENGINE = {{ replicated }}MergeTree
ORDER BY (tenant_id, tag, start_time, run_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_tags_mv {{ on_cluster }} TO runs_tags
AS SELECT tenant_id, tag, id AS run_id, start_time FROM runs ARRAY JOIN tags AS tag;
