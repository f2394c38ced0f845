{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partitioned_by=['day']) }}
select turbine, data, day from {{ ref('readings') }}
{% if is_incremental() %} where day >= date '2026-01-02' {% endif %}
