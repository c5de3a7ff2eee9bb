namespace DiffusionSharp.Cpu.Layout;

/// <summary>
/// A convolution's weights in panels of 16 outputs: [panel][input channel][tap][16], where one input's taps are read together, or
/// [panel][tap][input channel][16]. A matrix is a convolution of one tap. Outputs that the last panels lack are zero.
/// </summary>
/// <param name="Outputs">Output channels.</param>
/// <param name="Inputs">Input channels.</param>
/// <param name="Taps">Places of the kernel.</param>
/// <param name="TapsTogether">Whether an input's taps follow each other.</param>
internal sealed record PanelLayout(int Outputs, int Inputs, int Taps, bool TapsTogether) : ParameterLayout
{
    /// <summary>Outputs in a panel.</summary>
    public const int Panel = 16;

    /// <summary>Distance of an output's inputs.</summary>
    public nint InputStep { get; } = TapsTogether ? Taps * Panel : Panel;

    /// <summary>Distance of an input's taps.</summary>
    public nint TapStep { get; } = TapsTogether ? Panel : (nint)Inputs * Panel;

    /// <summary>Values of one panel.</summary>
    public nint PanelValues { get; } = (nint)Taps * Inputs * Panel;

    /// <summary>Panels: two vectors of the widest kind are read together.</summary>
    public int Panels => (Outputs + (2 * Panel) - 1) / (2 * Panel) * 2;

    public override long Floats => Panels * PanelValues;

    public override int Count => Outputs * Inputs * Taps;

    /// <summary>Place of an output's first value.</summary>
    public nint Column(int output) => (output / Panel * PanelValues) + (output % Panel);

    protected override long Place(int index)
    {
        var (pair, tap) = Math.DivRem(index, Taps);
        var (output, input) = Math.DivRem(pair, Inputs);
        return Column(output) + (input * InputStep) + (tap * TapStep);
    }
}
