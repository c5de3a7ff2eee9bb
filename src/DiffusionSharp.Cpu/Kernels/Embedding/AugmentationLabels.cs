using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Embedding;

/// <summary>The labels of each image's augmentation, in training.</summary>
internal sealed unsafe class AugmentationLabels(Segment output) : IStep
{
    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        for (var i = 0; i < workspace.Images; i++)
        {
            var y = new Span<float>(workspace.Pointer(output.Buffer) + ((nint)i * output.Stride), output.Stride);
            y.Clear();
            new Span<float>(workspace.Update.Augmentation + ((nint)i * output.Channels), output.Channels).CopyTo(y);
        }
    }
}
