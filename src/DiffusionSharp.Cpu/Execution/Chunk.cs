namespace DiffusionSharp.Cpu.Execution;

/// <summary>Pieces of a long row of values, each a thread's work for some microseconds.</summary>
internal static class Chunk
{
    private const int Floats = 1 << 14;

    /// <summary>How many there are.</summary>
    public static int Count(long floats) => (int)((floats + Floats - 1) / Floats);

    /// <summary>One of them.</summary>
    public static (long First, int Count) Range(int chunk, long floats)
    {
        var first = (long)chunk * Floats;
        return (first, (int)Math.Min(Floats, floats - first));
    }
}
