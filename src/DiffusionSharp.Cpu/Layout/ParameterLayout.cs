namespace DiffusionSharp.Cpu.Layout;

/// <summary>How a parameter's values lie in memory as kernels read them: other than in files, and with room between them that stays zero.</summary>
internal abstract unsafe record ParameterLayout
{
    /// <summary>Values of a cache line: of this many, all sizes are multiples.</summary>
    protected const int Line = 16;

    /// <summary>Room taken, in values.</summary>
    public abstract long Floats { get; }

    /// <summary>The parameter's own values.</summary>
    public abstract int Count { get; }

    /// <summary>Where a value lies, by its place in files.</summary>
    protected abstract long Place(int index);

    /// <summary>Lays values out; what lies between them becomes zero.</summary>
    public void Write(ReadOnlySpan<float> values, float* memory)
    {
        for (var i = 0L; i < Floats; i += Line)
        {
            new Span<float>(memory + i, Line).Clear();
        }

        for (var i = 0; i < values.Length; i++)
        {
            memory[Place(i)] = values[i];
        }
    }

    /// <summary>Reads them back.</summary>
    public void Read(float* memory, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = memory[Place(i)];
        }
    }

    /// <summary>Rounds up to whole lines.</summary>
    protected static int Round(int count) => (count + Line - 1) & ~(Line - 1);
}
