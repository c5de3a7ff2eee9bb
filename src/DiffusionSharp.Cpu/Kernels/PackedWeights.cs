using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// A convolution's weights as the kernels read them, in panels of 16 outputs: [panel][input channel][tap][16], where one input's taps are
/// read together, or [panel][tap][input channel][16]. A matrix is a convolution of one tap. Outputs that the last panel lacks are zero.
/// </summary>
internal sealed unsafe class PackedWeights : IDisposable
{
    /// <summary>Outputs in a panel.</summary>
    public const int Panel = 16;

    private readonly AlignedMemory memory;

    public PackedWeights(ReadOnlySpan<float> weights, int outputs, int inputs, int taps, ConvolutionMethod method, WeightPrecision precision)
    {
        TapsTogether = method != ConvolutionMethod.Product;
        (InputStep, TapStep) = TapsTogether ? (taps * Panel, Panel) : (Panel, (nint)inputs * Panel);
        (Outputs, Inputs, Taps, Precision) = (outputs, inputs, taps, precision);
        var size = precision == WeightPrecision.Float32 ? sizeof(float) : sizeof(ushort);
        memory = new AlignedMemory((long)size * Panels * PanelValues);
        for (var panel = 0; panel < Panels; panel++)
        {
            Pack(weights, panel);
        }
    }

    public int Outputs { get; }

    public int Inputs { get; }

    public int Taps { get; }

    /// <summary>Whether an input's taps follow each other.</summary>
    public bool TapsTogether { get; }

    public WeightPrecision Precision { get; }

    /// <summary>Distance of an output's inputs.</summary>
    public nint InputStep { get; }

    /// <summary>Distance of an input's taps.</summary>
    public nint TapStep { get; }

    /// <summary>Values of one panel.</summary>
    public nint PanelValues => (nint)Taps * Inputs * Panel;

    // Two vectors of the widest kind are read together.
    private int Panels => (Outputs + (2 * Panel) - 1) / (2 * Panel) * 2;

    /// <summary>Bytes held.</summary>
    public long Bytes => memory.Bytes;

    public void* Start => memory.Floats;

    public void Dispose() => memory.Dispose();

    /// <summary>Place of an output's first value.</summary>
    public nint Column(int output) => (output / Panel * PanelValues) + (output % Panel);

    private void Pack(ReadOnlySpan<float> weights, int panel)
    {
        var start = panel * PanelValues;
        for (var lane = 0; lane < Panel; lane++)
        {
            var output = (panel * Panel) + lane;
            for (var k = 0; k < Inputs; k++)
            {
                for (var tap = 0; tap < Taps; tap++)
                {
                    var value = output < Outputs ? weights[(((output * Inputs) + k) * Taps) + tap] : 0;
                    Store(start + (k * InputStep) + (tap * TapStep) + lane, value);
                }
            }
        }
    }

    private void Store(nint place, float value)
    {
        switch (Precision)
        {
            case WeightPrecision.BFloat16:
                ((ushort*)Start)[place] = WeightFormat.ToBFloat16(value);
                break;
            case WeightPrecision.Half:
                ((ushort*)Start)[place] = BitConverter.HalfToUInt16Bits((Half)Math.Clamp(value, -65504f, 65504f));
                break;
            default:
                ((float*)Start)[place] = value;
                break;
        }
    }
}
