{{ config(materialized='view') }}
select day, type, avg(data) as mean, count(*) as readings from {{ ref('readings') }} group by day, type
