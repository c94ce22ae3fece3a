/** Redis's own test suite, run against a server file by file, and the page that says what came of it. */
@NullMarked
package io.cairn.jepsen.suite;

import org.jspecify.annotations.NullMarked;
