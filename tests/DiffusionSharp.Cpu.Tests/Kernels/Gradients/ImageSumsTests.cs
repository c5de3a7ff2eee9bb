using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Embedding;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Cpu.Tests.Kit;
using Segment = DiffusionSharp.Cpu.Layout.Segment;

namespace DiffusionSharp.Cpu.Tests.Kernels.Gradients;

/// <summary>Sums over images have the bits of their tree.</summary>
public unsafe class ImageSumsTests
{
    [Fact]
    public void Rows_of_images_are_added_in_their_tree()
    {
        var random = new Random(1);
        for (var images = 1; images <= 20; images++)
        {
            var stage = new Stage(random, images);
            var (before, count) = (16 * random.Next(4), random.Next(1, 60));
            var layout = new RowLayout(1, count);
            var rows = stage.Draw([before + layout.Stride], 1, 1);
            var actual = stage.Run(new Sums(rows.Segment, before, layout), layout);
            Assert.Equal([.. Enumerable.Range(0, count).Select(c => Tree.Sum(Enumerable.Range(0, images).Select(i => rows.Data[(i * (before + layout.Stride)) + before + c])))], actual);
        }
    }

    // More values than a thread takes at once.
    [Fact]
    public void Long_rows()
    {
        var stage = new Stage(new Random(2), images: 5);
        var layout = new RowLayout(1, 2100);
        var rows = stage.Draw([layout.Stride], 1, 1);
        var actual = stage.Run(new Sums(rows.Segment, 0, layout), layout);
        Assert.Equal([.. Enumerable.Range(0, 2100).Select(c => Tree.Sum(Enumerable.Range(0, 5).Select(i => rows.Data[(i * layout.Stride) + c])))], actual);
    }

    [Fact]
    public void A_table_gets_the_sums_of_each_labels_images_in_their_tree()
    {
        var random = new Random(3);
        for (var images = 1; images <= 20; images++)
        {
            using var memory = new AlignedMemory(sizeof(int) * images);
            var labels = new Span<int>(memory.Floats, images);
            var (columns, table) = (random.Next(1, 40), random.Next(1, 6));
            foreach (ref var label in labels)
            {
                label = random.Next(table);
            }

            var found = labels.ToArray();
            var start = (int*)memory.Floats;
            var stage = new Stage(random, images) { Prepare = w => w.Inputs = new CallInputs(null, null, start, null) };
            var rows = stage.Draw([columns], 1, 1);
            var layout = new RowLayout(table, columns);
            var actual = stage.Run(new Table(rows.Segment, layout), layout);
            for (var i = 0; i < actual.Length; i++)
            {
                var (label, c) = Math.DivRem(i, columns);
                var leaves = found.Select((l, image) => l == label ? (float?)rows.Data[(image * columns) + c] : null).ToList();
                Assert.Equal(Tree.Sum(leaves, (a, b) => a + b) ?? 0, actual[i]);
            }
        }
    }

    private sealed record Sums(Segment Rows, int First, RowLayout Layout) : IParameterKernel
    {
        public IStep Create<T>(ParameterPlace gradient)
            where T : unmanaged, ISimd<T> => new ImageSums<T>(Rows, First, Layout.Stride, Layout.Columns, gradient);
    }

    private sealed record Table(Segment Rows, RowLayout Layout) : IParameterKernel
    {
        public IStep Create<T>(ParameterPlace gradient)
            where T : unmanaged, ISimd<T> => new TableGradient(Rows, Layout, gradient);
    }
}
