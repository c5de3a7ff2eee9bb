using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>A convolution's weights as the gradient to its inputs reads them: inputs and outputs exchanged, and, on demand, the kernel flipped.</summary>
internal sealed unsafe class TransposedWeights : IStep
{
    private readonly PackedWeights from;
    private readonly PackedWeights to;
    private readonly bool half;
    private readonly Action<int, int> panel;

    /// <param name="from">The weights.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="half">Whether the last tap becomes the first.</param>
    public TransposedWeights(PackedWeights from, PackedWeights to, bool half)
    {
        (this.from, this.to, this.half) = (from, to, half);
        panel = Panel;
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace) => workspace.Team.For(to.Layout.Panels, panel);

    private void Panel(int worker, int item)
    {
        switch (from.Precision)
        {
            case WeightPrecision.BFloat16:
                Panel<BFloat16Weights>(item);
                break;
            case WeightPrecision.Half:
                Panel<HalfWeights>(item);
                break;
            default:
                Panel<Float32Weights>(item);
                break;
        }
    }

    private void Panel<TFormat>(int item)
        where TFormat : IWeightFormat
    {
        PanelLayout a = from.Layout, b = to.Layout;
        var first = item * PanelLayout.Panel;
        var target = (float*)to.Start + b.Column(first);
        var lanes = Math.Clamp(b.Outputs - first, 0, PanelLayout.Panel);
        if (lanes < PanelLayout.Panel)
        {
            new Span<float>(target, (int)b.PanelValues).Clear();
        }

        for (var output = 0; output < a.Outputs; output += PanelLayout.Panel)
        {
            var count = Math.Min(PanelLayout.Panel, a.Outputs - output);
            for (var lane = 0; lane < lanes; lane++)
            {
                for (var tap = 0; tap < a.Taps; tap++)
                {
                    var x = a.Column(output) + ((first + lane) * a.InputStep) + (tap * a.TapStep);
                    var y = target + (output * b.InputStep) + ((half ? a.Taps - 1 - tap : tap) * b.TapStep) + lane;
                    for (var i = 0; i < count; i++, y += b.InputStep)
                    {
                        *y = TFormat.One(from.Start, x + i);
                    }
                }
            }
        }
    }
}
