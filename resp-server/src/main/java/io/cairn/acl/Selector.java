package io.cairn.acl;

import io.cairn.command.Args;
import io.cairn.command.GlobPattern;
import io.cairn.command.KeyUse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One set of rights of a user: commands, patterns of keys, patterns of channels, all of which a call must meet. Changed while a user is made, by one thread;
 * not after it was published. Names are text of one char a byte. Redis: aclSelector.
 */
final class Selector {
    private static final int ALL_RIGHTS = KeyUse.READ | KeyUse.WRITE;

    /**
     * Keys that may be used.
     *
     * @param rights of {@link KeyUse}
     */
    private record KeyPattern(String pattern, byte[] bytes, int rights) {
        KeyPattern(String pattern, int rights) {
            this(pattern, pattern.getBytes(StandardCharsets.ISO_8859_1), rights);
        }

        String rule() {
            return switch (rights) {
                case ALL_RIGHTS -> "~" + pattern;
                case KeyUse.READ -> "%R~" + pattern;
                default -> "%W~" + pattern;
            };
        }
    }

    private final CommandRights commands;
    private final List<KeyPattern> keys;
    private final List<String> channels;
    private boolean allKeys;
    private boolean allChannels;

    /** Nothing is allowed, but channels where {@code acl-pubsub-default} says so. */
    Selector(CommandNames names, boolean allChannels) {
        this.commands = new CommandRights(names);
        this.keys = new ArrayList<>(0);
        this.channels = new ArrayList<>(0);
        this.allChannels = allChannels;
    }

    Selector(Selector other) {
        this.commands = new CommandRights(other.commands);
        this.keys = new ArrayList<>(other.keys);
        this.channels = new ArrayList<>(other.channels);
        this.allKeys = other.allKeys;
        this.allChannels = other.allChannels;
    }

    // ---- judging

    boolean allowsEverything() {
        return commands.all() && allKeys && allChannels;
    }

    CommandRights commands() {
        return commands;
    }

    boolean allKeys() {
        return allKeys;
    }

    boolean allChannels() {
        return allChannels;
    }

    List<String> channels() {
        return channels;
    }

    /** Whether the key at an argument may be used so. Redis: ACLSelectorCheckKey. */
    boolean allowsKey(Args args, int argument, int rights) {
        if (allKeys) {
            return true;
        }
        for (KeyPattern key : keys) {
            if ((key.rights() & rights) == rights
                    && new GlobPattern(key.bytes(), false).matches(args.address(argument), args.length(argument))) {
                return true;
            }
        }
        return false;
    }

    /** Whether every key there may be can be read. Redis: ACLSelectorHasUnrestrictedKeyAccess. */
    boolean readsEveryKey() {
        return allKeys
                || keys.stream()
                        .anyMatch(key -> key.pattern().equals("*") && (key.rights() & KeyUse.READ) == KeyUse.READ);
    }

    boolean allowsChannel(byte[] name, boolean pattern) {
        return allChannels || allows(channels, name, pattern);
    }

    /** Whether one of the patterns allows a channel; a pattern of channels only if it is one of them, literally. Redis: ACLCheckChannelAgainstList. */
    static boolean allows(List<String> patterns, byte[] name, boolean isPattern) {
        String text = isPattern ? new String(name, StandardCharsets.ISO_8859_1) : "";
        for (String pattern : patterns) {
            boolean matches = isPattern
                    ? pattern.equals(text)
                    : new GlobPattern(pattern.getBytes(StandardCharsets.ISO_8859_1), false).matches(name);
            if (matches) {
                return true;
            }
        }
        return false;
    }

    // ---- rules

    /** Takes one rule. Redis: ACLSetSelector. */
    void apply(String rule) throws RuleException {
        switch (rule.toLowerCase(Locale.ROOT)) {
            case "allkeys", "~*" -> keys(true);
            case "resetkeys" -> keys(false);
            case "allchannels", "&*" -> channels(true);
            case "resetchannels" -> channels(false);
            case "allcommands", "+@all" -> commands.all(true);
            case "nocommands", "-@all" -> commands.all(false);
            default -> applyNamed(rule);
        }
    }

    private void keys(boolean all) {
        allKeys = all;
        keys.clear();
    }

    private void channels(boolean all) {
        allChannels = all;
        channels.clear();
    }

    private void applyNamed(String rule) throws RuleException {
        String rest = rule.substring(1);
        switch (rule.charAt(0)) {
            case '~', '%' -> addKeys(rule);
            case '&' -> addChannels(rest);
            case '+', '-' -> {
                boolean allowed = rule.charAt(0) == '+';
                if (rest.startsWith("@")) {
                    commands.category(rest.substring(1), allowed);
                } else if (allowed) {
                    commands.allow(rest);
                } else {
                    commands.deny(rest);
                }
            }
            default -> throw new RuleException(RuleException.Why.SYNTAX);
        }
    }

    private void addKeys(String rule) throws RuleException {
        if (allKeys) {
            throw new RuleException(RuleException.Why.KEYS_AFTER_ALL);
        }
        int tilde = rule.indexOf('~');
        int rights = ALL_RIGHTS;
        if (rule.charAt(0) == '%') {
            rights = rights(tilde < 0 ? "" : rule.substring(1, tilde).toUpperCase(Locale.ROOT));
        }
        String pattern = rule.substring(tilde + 1);
        if (rights == 0 || hasSpaces(pattern)) {
            throw new RuleException(RuleException.Why.SYNTAX);
        }
        for (int i = 0; i < keys.size(); i++) {
            if (keys.get(i).pattern().equals(pattern)) {
                keys.set(i, new KeyPattern(pattern, keys.get(i).rights() | rights));
                return;
            }
        }
        keys.add(new KeyPattern(pattern, rights));
    }

    private static int rights(String letters) {
        return switch (letters) {
            case "R" -> KeyUse.READ;
            case "W" -> KeyUse.WRITE;
            case "RW", "WR" -> ALL_RIGHTS;
            default -> 0;
        };
    }

    private void addChannels(String pattern) throws RuleException {
        if (allChannels) {
            throw new RuleException(RuleException.Why.CHANNELS_AFTER_ALL);
        }
        if (hasSpaces(pattern)) {
            throw new RuleException(RuleException.Why.SYNTAX);
        }
        if (!channels.contains(pattern)) {
            channels.add(pattern);
        }
    }

    /** Redis: ACLStringHasSpaces. */
    static boolean hasSpaces(String text) {
        return text.chars().anyMatch(c -> c == 0 || c == ' ' || (c >= '\t' && c <= '\r'));
    }

    // ---- as rules

    /** The patterns of keys as rules, separated by blanks. */
    String keyRules() {
        return allKeys
                ? "~*"
                : String.join(" ", keys.stream().map(KeyPattern::rule).toList());
    }

    /** The patterns of channels as rules, separated by blanks. */
    String channelRules() {
        return allChannels
                ? "&*"
                : String.join(" ", channels.stream().map(name -> "&" + name).toList());
    }

    /** The rules that make this. Redis: ACLDescribeSelector. */
    String describe() {
        List<String> parts = new ArrayList<>();
        if (!keyRules().isEmpty()) {
            parts.add(keyRules());
        }
        if (!allChannels) {
            parts.add("resetchannels");
        }
        if (!channelRules().isEmpty()) {
            parts.add(channelRules());
        }
        parts.add(commands.describe());
        return String.join(" ", parts);
    }
}
