using System.Numerics;
using CsCheck;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Tests.Kit;

namespace DiffusionSharp.Cpu.Tests.Execution;

/// <summary>Sums are written down as they are made: (a+b).</summary>
public class ImageTreeTests
{
    [Fact]
    public void The_order_is_that_of_the_tree() => Gen.Int[1, 300].Sample(images => Assert.Equal(Defined(Leaves(images)), Made(Leaves(images))));

    [Fact]
    public void Every_small_count() => Assert.All(Enumerable.Range(1, 70), images => Assert.Equal(Defined(Leaves(images)), Made(Leaves(images))));

    [Fact]
    public void Aligned_parts_that_are_joined_make_the_same_tree() => Gen.Select(Gen.Int[1, 300], Gen.Int[0, 8]).Sample((images, level) =>
    {
        var parts = Leaves(images).Chunk(1 << level).Select(Made);
        Assert.Equal(Defined(Leaves(images)), Made([.. parts]));
    });

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(16, 4)]
    [InlineData(17, 5)]
    public void Levels_at_which_sums_wait(int images, int levels) => Assert.Equal(levels, ImageTree.Levels(images));

    private static string[] Leaves(int images) => [.. Enumerable.Range(0, images).Select(i => $"{i}")];

    private static string Defined(string[] leaves) => Tree.Sum<Sum>([.. leaves.Select(l => (Sum?)new Sum(l))], (a, b) => new Sum(Add(a.Text, b.Text)))!.Value.Text;

    // As kernels do it.
    private static string Made(string[] leaves)
    {
        var waiting = new string?[ImageTree.Levels(leaves.Length)];
        for (var image = 0; ; image++)
        {
            var sum = leaves[image];
            for (var joins = ImageTree.Joins(image, leaves.Length); joins != 0; joins &= joins - 1)
            {
                ref var other = ref waiting[BitOperations.TrailingZeroCount(joins)];
                sum = Add(other!, sum);
                other = null;
            }

            if (ImageTree.Level(image, leaves.Length) is not { } level)
            {
                Assert.All(waiting, Assert.Null);
                Assert.Equal(leaves.Length - 1, image);
                return sum;
            }

            Assert.Null(waiting[level]);
            waiting[level] = sum;
        }
    }

    private static string Add(string a, string b) => $"({a}+{b})";

    private readonly record struct Sum(string Text);
}
