using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Embedding;

/// <summary>Each condition's timestep or label as a value, or the row of a table that its label picks.</summary>
internal sealed unsafe class Conditions(bool ofLabel, ParameterPlace? table, Segment output) : IStep
{
    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        for (var i = 0; i < workspace.Conditions; i++)
        {
            var y = new Span<float>(workspace.Pointer(output.Buffer) + ((nint)i * output.Stride), output.Stride);
            y.Clear();
            if (table is null)
            {
                y[0] = ofLabel ? workspace.Inputs.Labels[i] : (float)workspace.Inputs.Timesteps[i];
            }
            else
            {
                new Span<float>(table.Floats + ((nint)workspace.Inputs.Labels[i] * output.Stride), output.Channels).CopyTo(y);
            }
        }
    }
}
