using System.Globalization;

namespace DiffusionSharp;

#pragma warning disable RS0030 // The kernel's own files are no pipes.
/// <summary>Memory that this process can still get without swapping.</summary>
internal static class AvailableMemory
{
    /// <summary>On Linux what the kernel calls available, within the limits of the control groups (v2); elsewhere what the runtime knows.</summary>
    public static long Bytes() => (OperatingSystem.IsLinux() ? Linux("/") : null) ?? Runtime();

    /// <summary>MemAvailable, or what the tightest group leaves when that is less; null where the files say nothing.</summary>
    /// <param name="root">The file system's root.</param>
    internal static long? Linux(string root)
    {
        try
        {
            var available = 1024 * Field(Path.Combine(root, "proc/meminfo"), "MemAvailable:");
            var own = File.ReadAllLines(Path.Combine(root, "proc/self/cgroup")).FirstOrDefault(l => l.StartsWith("0::/", StringComparison.Ordinal));
            for (var group = own?[4..]; group is not null; group = Path.GetDirectoryName(group))
            {
                if (LeftIn(Path.Combine(root, "sys/fs/cgroup", group)) is long left)
                {
                    available = available is long a ? Math.Min(a, left) : left;
                }
            }

            return available;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return null;
        }
    }

    // The limit less what is used; file pages that nobody has touched lately are given back when they are needed.
    private static long? LeftIn(string group)
    {
        var limit = Path.Combine(group, "memory.max");
        if (!File.Exists(limit) || !long.TryParse(File.ReadAllText(limit).Trim(), CultureInfo.InvariantCulture, out var most))
        {
            return null;
        }

        var used = long.Parse(File.ReadAllText(Path.Combine(group, "memory.current")).Trim(), CultureInfo.InvariantCulture);
        return Math.Max(0, most - used + (Field(Path.Combine(group, "memory.stat"), "inactive_file") ?? 0));
    }

    private static long? Field(string file, string name)
    {
        var lines = File.ReadAllLines(file).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var words = lines.FirstOrDefault(w => w.Length > 1 && w[0] == name);
        return words is null ? null : long.Parse(words[1], CultureInfo.InvariantCulture);
    }

    private static long Runtime() => Math.Max(0, GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes - Environment.WorkingSet);
}
