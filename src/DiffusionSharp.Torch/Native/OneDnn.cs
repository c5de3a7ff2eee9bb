using System.Runtime.InteropServices;

namespace DiffusionSharp.Torch.Native;

/// <summary>
/// oneDNN, which computes libtorch's convolutions on the processor. Version 3.7.1 of libtorch 2.10 plans its blocks by the sizes of
/// the caches; where the processor hides them, its AVX2 and AVX-512 convolutions were seen to leave out channels, its SSE4.1
/// ones were right.
/// </summary>
internal static partial class OneDnn
{
    /// <summary>Limits the instructions that oneDNN uses; read when the library is first used.</summary>
    public const string Variable = "DNNL_MAX_CPU_ISA";

    private const string NewName = "ONEDNN_MAX_CPU_ISA", Safe = "SSE41";

    /// <summary>The limit in force, or null.</summary>
    public static string? Limit => Found(Environment.GetEnvironmentVariable);

    /// <summary>Call it before the library is loaded.</summary>
    /// <returns>What was changed in this process, or null.</returns>
    public static string? Prepare() => Prepare(CacheSizes.AreTold, Environment.GetEnvironmentVariable, SetEnvironment);

    /// <summary>The same with the machine passed in.</summary>
    public static string? Prepare(bool cacheSizesAreTold, Func<string, string?> get, Action<string, string> set)
    {
        if (cacheSizesAreTold || Found(get) is not null)
        {
            return null;
        }

        set(Variable, Safe);
        return $"this processor does not tell the sizes of its caches, so {Variable}={Safe} is set: libtorch computes correctly, but more slowly";
    }

    private static string? Found(Func<string, string?> get) => (get(NewName) ?? get(Variable)) is { Length: > 0 } isa ? isa : null;

    // On Unix the runtime's environment is a copy, which native code does not see.
    private static void SetEnvironment(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (!OperatingSystem.IsWindows())
        {
            _ = SetNative(name, value, 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNative(string name, string value, int overwrite);
}
