DROP VIEW IF EXISTS feedbacks_rmt_id_mv {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS feedbacks_rmt_id {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS feedbacks_rmt {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS feedbacks {{ on_cluster }} SYNC;
