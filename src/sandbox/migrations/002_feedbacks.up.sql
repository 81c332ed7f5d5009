CREATE TABLE IF NOT EXISTS feedbacks {{ on_cluster }}
(
    id UUID,
    run_id UUID,
    tenant_id UUID,
    key LowCardinality(String),
    score Nullable(Float64),
    comment Nullable(String),
    created_at DateTime64(6, 'UTC'),
    modified_at DateTime64(6, 'UTC')
)
ENGINE = {{ replicated }}MergeTree
ORDER BY (tenant_id, run_id, id);

CREATE TABLE IF NOT EXISTS feedbacks_rmt {{ on_cluster }}
(
    id UUID,
    run_id UUID,
    tenant_id UUID,
    key LowCardinality(String),
    score Nullable(Float64),
    comment Nullable(String),
    created_at DateTime64(6, 'UTC'),
    modified_at DateTime64(6, 'UTC')
)
ENGINE = {{ replicated }}ReplacingMergeTree(modified_at)
ORDER BY (tenant_id, run_id, id);

CREATE TABLE IF NOT EXISTS feedbacks_rmt_id {{ on_cluster }}
(
    id UUID,
    tenant_id UUID,
    run_id UUID
)
ENGINE = {{ replicated }}ReplacingMergeTree
ORDER BY (tenant_id, id);

CREATE MATERIALIZED VIEW IF NOT EXISTS feedbacks_rmt_id_mv {{ on_cluster }} TO feedbacks_rmt_id
AS SELECT id, tenant_id, run_id FROM feedbacks_rmt;
