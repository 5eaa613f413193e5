<% extends "builtin/catalog/module.py" %>
<% block extra %>

NEWEST = <{ axes | literal }>
<% endblock %>
