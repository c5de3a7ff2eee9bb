using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Embedding;

/// <summary>The gradient to a table of labels: each row's is the sum over the images that have its label, in the images' tree.</summary>
internal sealed unsafe class TableGradient : IStep
{
    private readonly Segment gradient;
    private readonly RowLayout layout;
    private readonly ParameterPlace target;
    private readonly Action<int, int> row;
    private Workspace workspace = null!;

    public TableGradient(Segment gradient, RowLayout layout, ParameterPlace target)
    {
        (this.gradient, this.layout, this.target) = (gradient, layout, target);
        row = Row;
    }

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(layout.Rows, row);
    }

    // Images without the label are leaves that are nothing.
    private void Row(int worker, int label)
    {
        var sums = target.Floats + ((nint)label * layout.Stride);
        new Span<float>(sums, layout.Stride).Clear();
        var labels = workspace.Inputs.Labels;
        var images = workspace.Images;
        if (!new ReadOnlySpan<int>(labels, images).Contains(label))
        {
            return;
        }

        var rows = workspace.Pointer(gradient.Buffer);
        for (var c = 0; c < layout.Columns; c++)
        {
            sums[c] = Sum(0, 1 << ImageTree.Levels(images), c)!.Value;
        }

        float? Sum(int first, int count, int c)
        {
            if (first >= images)
            {
                return null;
            }

            if (count == 1)
            {
                return labels[first] == label ? rows[((nint)first * gradient.Stride) + c] : null;
            }

            var (a, b) = (Sum(first, count / 2, c), Sum(first + (count / 2), count / 2, c));
            return a is null ? b : b is null ? a : a + b;
        }
    }
}
