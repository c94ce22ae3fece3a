/** Typed configuration: one line per key, read by file, command line, CONFIG and the reference page. */
@NullMarked
package io.cairn.config;

import org.jspecify.annotations.NullMarked;
