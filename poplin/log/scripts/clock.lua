-- The server's clock. KEYS state: it says which server. Returns µs.
return text(now_us())
