using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// Blocks of a gradient to weights, summed over images in their tree. Images come in groups of a power of two, so that what a thread reads
/// lies in a cache: within a group sums wait in the thread's memory, between groups in memory that all see.
/// </summary>
/// <param name="blocks">Blocks of the gradient.</param>
/// <param name="blockFloats">Values of a block.</param>
/// <param name="imageFloats">Values that lie ready for each image of a group.</param>
internal sealed unsafe class BlockTree<T>(int blocks, int blockFloats, nint imageFloats)
    where T : unmanaged, ISimd<T>
{
    // What lies ready for a group: as much as the blocks hold, so that sums that wait between groups take no more time than what is read
    // for them; within limits that caches set.
    private const long LeastReady = 1 << 18;
    private const long MostReady = 1 << 21;

    /// <summary>Values of a block.</summary>
    public int BlockFloats => blockFloats;

    /// <summary>Images of a group.</summary>
    public int Group(int images) => Math.Min(1 << BitOperations.Log2((uint)Math.Max(1, Math.Clamp((long)blocks * blockFloats, LeastReady, MostReady) / imageFloats)), images);

    /// <summary>Groups of a call.</summary>
    public int Groups(int images) => (images + Group(images) - 1) / Group(images);

    /// <summary>Values that all threads see for sums between groups.</summary>
    public long SharedFloats(int images) => (long)ImageTree.Levels(Groups(images)) * blocks * blockFloats;

    /// <summary>Values of a thread: a block, and the sums that wait.</summary>
    public long OwnFloats(int images) => (1 + ImageTree.Levels(Group(images))) * (long)blockFloats;

    /// <summary>Adds to an image's block the sums that wait for it in the thread's memory, and lets the result wait; that of the group's last image stays.</summary>
    /// <param name="block">The image's, with room for those that wait behind it.</param>
    /// <param name="image">Its place in the group.</param>
    /// <param name="images">Images of the group.</param>
    public void Join(float* block, int image, int images) => Join(block, block + blockFloats, blockFloats, image, images);

    /// <summary>The same for a group's block.</summary>
    /// <param name="block">The group's.</param>
    /// <param name="shared">Where sums between groups wait.</param>
    /// <param name="number">Which block.</param>
    /// <param name="group">Which group.</param>
    /// <param name="groups">Groups of the call.</param>
    /// <returns>Whether the sum is of all images.</returns>
    public bool JoinGroup(float* block, float* shared, int number, int group, int groups)
    {
        Join(block, shared + ((nint)number * blockFloats), (nint)blocks * blockFloats, group, groups);
        return group == groups - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Join(float* block, float* levels, nint levelStep, int index, int count)
    {
        var joins = ImageTree.Joins(index, count);
        var result = ImageTree.Level(index, count) is { } level ? levels + (level * levelStep) : block;
        if (joins == 0 && result == block)
        {
            return;
        }

        for (nint i = 0; i < blockFloats; i += T.Width)
        {
            var sum = T.Load(block + i);
            for (var waiting = joins; waiting != 0; waiting &= waiting - 1)
            {
                sum = T.Add(T.Load(levels + (BitOperations.TrailingZeroCount(waiting) * levelStep) + i), sum);
            }

            T.Store(sum, result + i);
        }
    }
}
