{% snapshot turbine_history %}
{{ config(target_schema='farm', unique_key='id', strategy='check', check_cols=['name'], table_type='iceberg') }}
select id, name from {{ ref('turbines') }}
{% endsnapshot %}
