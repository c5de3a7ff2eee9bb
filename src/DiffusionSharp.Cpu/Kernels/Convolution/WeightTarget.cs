using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>Where the gradient to a convolution's weights goes: among the gradients as the weights lie among the weights, zero where these only fill panels.</summary>
/// <param name="layout">How the weights lie.</param>
/// <param name="gradient">Where the gradient goes.</param>
internal sealed unsafe class WeightTarget(PanelLayout layout, ParameterPlace gradient)
{
    /// <summary>Outputs of a row: two panels.</summary>
    public const int RowOutputs = 2 * PanelLayout.Panel;

    /// <summary>Writes rows of <see cref="RowOutputs"/> outputs, one row for each input.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="step">Distance of the rows.</param>
    /// <param name="count">Inputs.</param>
    /// <param name="input">The first input.</param>
    /// <param name="output">The first output.</param>
    /// <param name="tap">The tap.</param>
    public void Write(float* rows, nint step, int count, int input, int output, int tap)
    {
        for (var first = output; first < output + RowOutputs; first += PanelLayout.Panel, rows += PanelLayout.Panel)
        {
            var valid = Math.Clamp(layout.Outputs - first, 0, PanelLayout.Panel);
            var place = gradient.Floats + layout.Column(first) + (input * layout.InputStep) + (tap * layout.TapStep);
            for (var row = 0; row < count; row++, place += layout.InputStep)
            {
                new Span<float>(rows + (row * step), valid).CopyTo(new Span<float>(place, valid));
                new Span<float>(place + valid, PanelLayout.Panel - valid).Clear();
            }
        }
    }
}
