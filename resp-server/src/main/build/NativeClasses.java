import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import net.openhft.chronicle.values.ValueModel;

/**
 * Run by the build, as one file, with the directory of compiled classes: writes there the class that Chronicle Map would
 * else have the Java compiler make in each process that starts (a third of the start). Chronicle looks for it first.
 */
public final class NativeClasses {
    /** Of each map, whatever its types. What is missing here is compiled at run time, as before: NativeClassesTest tells. */
    private static final List<String> INTERFACES = List.of("net.openhft.chronicle.hash.VanillaGlobalMutableState");

    private NativeClasses() {}

    public static void main(String[] words) throws Exception {
        Path classes = Path.of(words[0]);
        Path sources = Files.createTempDirectory("native-classes");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Method generate = Class.forName("net.openhft.chronicle.values.Generators")
                .getDeclaredMethod("generateNativeClass", ValueModel.class, String.class);
        generate.setAccessible(true);
        for (String type : INTERFACES) {
            String name = type.substring(type.lastIndexOf('.') + 1) + ValueModel.$$NATIVE;
            String source = (String) generate.invoke(null, ValueModel.acquire(Class.forName(type)), name);
            Path file = Files.writeString(sources.resolve(name + ".java"), source);
            int failed = compiler.run(
                    null, null, null, "-nowarn", "--release", "17", "-cp", System.getProperty("java.class.path"), "-d",
                    classes.toString(), file.toString());
            Files.delete(file);
            if (failed != 0) {
                throw new IllegalStateException("the class of " + type + " does not compile");
            }
        }
        Files.delete(sources);
    }
}
