{{ config(materialized='incremental', table_type='iceberg', incremental_strategy='merge', unique_key='turbine', format='parquet') }}
select turbine, max(data) as highest, current_timestamp as seen_at from {{ ref('readings') }} group by turbine
