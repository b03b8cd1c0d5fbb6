-- Dumps and exports of one period read it alone, in the order of the keys.
CREATE INDEX figures_by_period ON figures (period_kind, period_start, figure_key);
