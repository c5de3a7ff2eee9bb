using System.Runtime.InteropServices;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>
/// Asks Linux for pages of 2 MB. Kernels read and write dozens of rows at once, more than there are entries for small pages, and a page that is
/// not among them is looked up in several tables, on a virtual machine in those of two systems.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page.</summary>
    public const long Size = 2 << 20;

    private const int Advice = 14;

    /// <summary>Asks for them where whole ones lie in some memory. Where there are none, nothing changes.</summary>
    public static void Ask(void* start, long bytes)
    {
        var first = ((long)start + Size - 1) / Size * Size;
        var last = ((long)start + bytes) / Size * Size;
        if (OperatingSystem.IsLinux() && last > first)
        {
            _ = Advise((void*)first, (nuint)(last - first), Advice);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
