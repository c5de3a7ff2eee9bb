using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Kernels.Matrix;

/// <summary>A convolution's weights as the kernels read them.</summary>
internal sealed unsafe class PackedWeights : IDisposable
{
    private readonly ParameterPlace? place;
    private readonly AlignedMemory? halved;

    /// <summary>Weights that lie somewhere, in float32.</summary>
    public PackedWeights(PanelLayout layout, ParameterPlace place)
    {
        (Layout, this.place) = (layout, place);
    }

    /// <summary>Weights of its own.</summary>
    /// <param name="layout">How they lie.</param>
    /// <param name="values">The values.</param>
    /// <param name="precision">How they are stored.</param>
    public PackedWeights(PanelLayout layout, ReadOnlySpan<float> values, WeightPrecision precision)
        : this(layout, ParameterPlace.Alone(layout, values))
    {
        Precision = precision;
        if (precision == WeightPrecision.Float32)
        {
            return;
        }

        halved = new AlignedMemory(sizeof(ushort) * layout.Floats);
        var to = (ushort*)halved.Floats;
        for (nint i = 0; i < (nint)layout.Floats; i++)
        {
            var value = place!.Floats[i];
            to[i] = precision == WeightPrecision.BFloat16 ? WeightFormat.ToBFloat16(value) : BitConverter.HalfToUInt16Bits((Half)Math.Clamp(value, -65504f, 65504f));
        }

        place!.Dispose();
        place = null;
    }

    /// <summary>How they lie.</summary>
    public PanelLayout Layout { get; }

    public WeightPrecision Precision { get; } = WeightPrecision.Float32;

    /// <summary>Bytes of its own.</summary>
    public long Bytes => place?.Bytes ?? halved!.Bytes;

    public void* Start => place is null ? halved!.Floats : place.Floats;

    public void Dispose()
    {
        place?.Dispose();
        halved?.Dispose();
    }
}
