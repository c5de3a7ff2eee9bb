using DiffusionSharp.Cpu.Parameters;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>Where the gradient to a convolution's weights goes: among the gradients as the weights lie among the weights, zero where these only fill panels.</summary>
/// <param name="layout">How the weights lie.</param>
/// <param name="gradient">Where the gradient goes.</param>
internal sealed unsafe class WeightTarget(PanelLayout layout, ParameterPlace gradient)
{
    public PanelLayout Layout => layout;

    /// <summary>The gradient's first value.</summary>
    public float* Start => gradient.Floats;

    /// <summary>Place of 16 outputs' weights of an input and a tap.</summary>
    public nint Place(int output, int input, int tap) => layout.Column(output) + (input * layout.InputStep) + (tap * layout.TapStep);

    /// <summary>Clears what a panel holds behind the last output.</summary>
    /// <param name="output">The panel's first output.</param>
    /// <param name="panel">The panel's outputs of an input and a tap.</param>
    public void ClearRest(int output, float* panel)
    {
        var outputs = Math.Clamp(layout.Outputs - output, 0, PanelLayout.Panel);
        new Span<float>(panel + outputs, PanelLayout.Panel - outputs).Clear();
    }
}
