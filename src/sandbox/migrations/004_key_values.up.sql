CREATE TABLE IF NOT EXISTS runs_metadata_kv {{ on_cluster }}
(
    tenant_id UUID,
    key LowCardinality(String),
    value String,
    run_id UUID,
    start_time DateTime64(6, 'UTC')
)
ENGINE = {{ replicated }}MergeTree
ORDER BY (tenant_id, key, value, start_time, run_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_metadata_kv_mv {{ on_cluster }} TO runs_metadata_kv
AS SELECT tenant_id, tupleElement(kv, 1) AS key, tupleElement(kv, 2) AS value, id AS run_id, start_time
FROM runs ARRAY JOIN metadata AS kv;

CREATE TABLE IF NOT EXISTS runs_inputs_kv {{ on_cluster }}
(
    tenant_id UUID,
    key LowCardinality(String),
    value String,
    run_id UUID,
    start_time DateTime64(6, 'UTC')
)
ENGINE = {{ replicated }}MergeTree
ORDER BY (tenant_id, key, start_time, run_id);

-- `arrayJoin(...) AS kv` in the list of columns would pass on one server and fail with ON CLUSTER.
CREATE MATERIALIZED VIEW IF NOT EXISTS runs_inputs_kv_mv {{ on_cluster }} TO runs_inputs_kv
AS SELECT tenant_id, tupleElement(kv, 1) AS key, tupleElement(kv, 2) AS value, id AS run_id, start_time
FROM runs ARRAY JOIN JSONExtractKeysAndValues(inputs, 'String') AS kv;
