DROP VIEW IF EXISTS runs_tags_mv {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS runs_tags {{ on_cluster }} SYNC;
DROP VIEW IF EXISTS runs_trace_id_mv {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS runs_trace_id {{ on_cluster }} SYNC;
