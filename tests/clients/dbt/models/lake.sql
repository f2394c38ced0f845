{{ config(materialized='table', table_type='iceberg', format='parquet', partitioned_by=['day(day_at)']) }}
select turbine, type, data, cast(day as timestamp(6)) as day_at from {{ ref('readings') }}
