CREATE TABLE IF NOT EXISTS projects {{ on_cluster }}
(
    number UInt64,
    session_id UUID,
    name String
)
ENGINE = {{ replicated }}MergeTree
ORDER BY number;

CREATE DICTIONARY IF NOT EXISTS projects_dictionary {{ on_cluster }}
(
    number UInt64,
    name String DEFAULT 'unknown'
)
PRIMARY KEY number
SOURCE(CLICKHOUSE(DB '{{ database }}' TABLE 'projects'))
LIFETIME(MIN 30 MAX 60)
LAYOUT(HASHED());

CREATE VIEW IF NOT EXISTS runs_failed {{ on_cluster }}
AS SELECT id, tenant_id, name, start_time, error FROM runs FINAL WHERE status = 'error';
