using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Layout;

/// <summary>Where a parameter's values lie: in memory of its own, or at a place among those of all.</summary>
internal sealed unsafe class ParameterPlace : IDisposable
{
    // A matrix tile may read two vectors past the last value.
    private const int Overread = 32;

    private readonly AlignedMemory? own;
    private readonly ParameterSet? set;

    private ParameterPlace(AlignedMemory? own, ParameterSet? set, long offset)
    {
        (this.own, this.set, Offset) = (own, set, offset);
    }

    /// <summary>Distance from the first parameter.</summary>
    public long Offset { get; }

    /// <summary>The first value.</summary>
    public float* Floats => own is null ? set!.Current!.Floats + Offset : own.Floats;

    /// <summary>Bytes of its own.</summary>
    public long Bytes => own?.Bytes ?? 0;

    /// <summary>A place among all parameters.</summary>
    public static ParameterPlace In(ParameterSet set, long offset) => new(null, set, offset);

    /// <summary>Memory of its own with nothing written.</summary>
    public static ParameterPlace Alone(long floats) => new(new AlignedMemory(sizeof(float) * (floats + Overread)), null, 0);

    /// <summary>Memory of its own.</summary>
    public static ParameterPlace Alone(ParameterLayout layout, ReadOnlySpan<float> values)
    {
        var place = Alone(layout.Floats);
        layout.Write(values, place.Floats);
        new Span<float>(place.Floats + layout.Floats, Overread).Clear();
        return place;
    }

    public void Dispose() => own?.Dispose();
}
