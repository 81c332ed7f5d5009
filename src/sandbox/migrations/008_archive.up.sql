-- Empty for now, as tables of features that are not in use are.
CREATE TABLE IF NOT EXISTS runs_archive {{ on_cluster }}
(
    id UUID,
    tenant_id UUID,
    archived_at DateTime64(6, 'UTC'),
    payload String
)
ENGINE = {{ replicated }}MergeTree
ORDER BY (tenant_id, archived_at, id);
