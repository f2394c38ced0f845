{{ config(materialized='table', format='parquet') }}
select id as turbine, 'temperature' as type, 20.0 + id as data, date '2026-01-01' as day from {{ ref('turbines') }}
union all
select id, 'powerfactor', 0.9, date '2026-01-02' from {{ ref('turbines') }}
