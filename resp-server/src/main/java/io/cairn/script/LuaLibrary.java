package io.cairn.script;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The native library. luajava unpacks it into a folder of known name in the system's temporary directory, and loads what
 * lies there when its CRC is right: nobody else may have made that folder.
 */
final class LuaLibrary {
    private LuaLibrary() {}

    /** @throws IllegalStateException when the library cannot be unpacked safely */
    static void prepare() {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "libgdx" + System.getProperty("user.name"));
        try {
            if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (java.nio.file.FileAlreadyExistsException e) {
            // Another node of this machine was first; its folder is judged below.
        } catch (IOException e) {
            throw new IllegalStateException("scripts need " + folder + " for their native library: " + e, e);
        }
        try {
            Set<PosixFilePermission> rights = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
            boolean others = rights.contains(PosixFilePermission.GROUP_WRITE)
                    || rights.contains(PosixFilePermission.OTHERS_WRITE);
            String owner = Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).getName();
            if (others || Files.isSymbolicLink(folder) || !owner.equals(System.getProperty("user.name"))) {
                throw new IllegalStateException("scripts are off: others than " + System.getProperty("user.name")
                        + " may write to " + folder + ", where the native library is unpacked");
            }
        } catch (IOException e) {
            throw new IllegalStateException("scripts need " + folder + " for their native library: " + e, e);
        }
    }
}
