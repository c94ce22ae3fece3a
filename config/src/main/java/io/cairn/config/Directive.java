package io.cairn.config;

import java.util.List;

/**
 * One directive as it was written.
 *
 * @param source the file, or "the command line"
 * @param line its line in the file, or 0 on the command line
 * @param text the line as written, trimmed
 * @param words the name and its arguments
 */
record Directive(String source, int line, String text, List<String> words) {
    String name() {
        return words.get(0);
    }

    List<String> arguments() {
        return words.subList(1, words.size());
    }

    ConfigException refused(String why) {
        String where = line > 0 ? source + " at line " + line : source;
        return new ConfigException("*** FATAL CONFIG FILE ERROR *** " + where + " >>> '" + text + "' " + why);
    }
}
