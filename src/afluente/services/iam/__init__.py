"""Identity and Access Management: users, groups, roles, policies, access keys, and who may take on a role."""
