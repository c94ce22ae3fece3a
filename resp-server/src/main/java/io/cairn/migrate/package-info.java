/** MIGRATE: keys that go to another server. */
@NullMarked
package io.cairn.migrate;

import org.jspecify.annotations.NullMarked;
