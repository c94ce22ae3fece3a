package io.cairn.acl;

import io.cairn.command.Client;

/**
 * Who makes a call that another thread runs (a script).
 *
 * @param user as which it was logged in when it made the call
 */
public record Caller(User user, Client client) {}
