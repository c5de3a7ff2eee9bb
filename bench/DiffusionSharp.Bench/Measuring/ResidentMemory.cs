using System.Globalization;
using System.Runtime.InteropServices;

namespace DiffusionSharp.Bench.Measuring;

/// <summary>Resident memory of this process as Linux counts it; elsewhere the peak cannot be reset and is not told.</summary>
internal static partial class ResidentMemory
{
    /// <summary>Bytes by which a run's peak stands above what was resident before it.</summary>
    public static long? RiseOf(Action action)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Trim();
        ResetPeak();
        var before = Read("VmRSS:");
        action();
        return Peak() - before;
    }

    /// <summary>Bytes at most since <see cref="ResetPeak"/>.</summary>
    public static long? Peak() => Read("VmHWM:");

    /// <summary>Begins a new peak.</summary>
    public static void ResetPeak()
    {
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
    }

    // What one variant freed but the allocator kept would hide what the next one needs.
    private static void Trim()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library without it.
        }
    }

    private static long? Read(string field)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[field.Length..].Replace("kB", null, StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MallocTrim(nuint keep);
}
