using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// Blocks of a gradient to weights, summed over images in their tree. Where an image lies in a thread's cache, threads share out the images:
/// each makes its own ready and sums a whole subtree of them before it is joined with the others'. Larger images all threads make ready, in
/// groups of a power of two, so that what they read lies in a cache, and share out the blocks; where these are too few, subtrees of a group, too.
/// </summary>
internal sealed unsafe class BlockTree<T>
    where T : unmanaged, ISimd<T>
{
    // What lies ready for a group: as much as the blocks hold, so that sums that wait between groups take no more time than what is read
    // for them; within limits that caches set.
    private const long LeastReady = 1 << 18;
    private const long MostReady = 1 << 21;

    // Values of an image that a thread makes ready for itself.
    private const long MostOwned = 1 << 20;

    // A product may read and write two vectors past the last value.
    private const int Overread = 64;

    // Items for each thread, so that one is not left waiting for another.
    private const int ThreadItems = 4;

    // Images are shared out where threads then have work for so much of the time: few images are too few for many threads.
    private const double LeastBusy = 0.85;

    // Sums that stay in a thread's cache until they are joined.
    private const long NearSums = 1 << 18;

    private readonly IImageBlocks work;
    private readonly int blocks;
    private readonly int blockFloats;
    private readonly nint imageFloats;
    private readonly long scratch;
    private readonly Action<int, int> ready;
    private readonly Action<int, int> multiply;
    private readonly Action<int, int> sum;
    private readonly Action<int, int> join;
    private Workspace workspace = null!;
    private Shares shares;
    private float* waiting;
    private int first;
    private int count;
    private int parts;

    /// <param name="work">What each image adds.</param>
    /// <param name="blocks">Blocks of the gradient.</param>
    /// <param name="blockFloats">Values of a block.</param>
    /// <param name="imageFloats">Values that lie ready for each image.</param>
    /// <param name="scratch">Values a product needs of its thread.</param>
    public BlockTree(IImageBlocks work, int blocks, int blockFloats, nint imageFloats, long scratch)
    {
        (this.work, this.blocks, this.blockFloats, this.imageFloats, this.scratch) = (work, blocks, blockFloats, imageFloats, scratch);
        (ready, multiply, sum, join) = ((_, item) => Ready(first, item, workspace.Shared), Multiply, Sum, Join);
    }

    // Fewer images may be shared out in more parts.
    public ScratchNeed Scratch(int images, int threads) => Enumerable.Range(1, images).Aggregate(default(ScratchNeed), (most, n) => ScratchNeed.Max(most, ScratchOf(SharesOf(n, threads))));

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        shares = SharesOf(workspace.Images, workspace.Team.Size);
        waiting = workspace.Shared + ReadyFloats(shares);
        for (first = 0; first < workspace.Images; first += shares.Group)
        {
            count = Math.Min(shares.Group, workspace.Images - first);
            parts = Ceiling(count, shares.Part);
            if (shares.Owns)
            {
                workspace.Team.For(parts, sum);
            }
            else
            {
                workspace.Team.For(count * work.ReadyItems, ready);
                workspace.Team.For(blocks * parts, multiply);
            }

            if (parts > 1)
            {
                workspace.Team.For(blocks, join);
            }
        }
    }

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;

    // The part of the time that threads have work, if each item takes the same.
    private static double Busy(int items, int threads) => items / (double)(threads * Ceiling(items, threads));

    private static int Power(long most) => 1 << BitOperations.Log2((uint)Math.Max(1, most));

    private long Weights => (long)blocks * blockFloats;

    private Shares SharesOf(int images, int threads)
    {
        var near = Power(Math.Clamp(Weights, LeastReady, MostReady) / imageFloats);

        // Each part's sums are written, and read again to be joined: of large ones a thread has one part.
        var part = Power(images / (threads * Math.Clamp(NearSums / Weights, 1, ThreadItems)));
        if (threads > 1 && Weights <= MostReady && imageFloats <= MostOwned && Busy(Ceiling(images, part), threads) >= LeastBusy)
        {
            return new Shares(images, images, part, Math.Min(near, part), Owns: true);
        }

        var items = ThreadItems * threads;
        var group = Math.Min(near, images);
        var few = blocks < items && threads > 1 ? Power((long)group * blocks / items) : group;
        return new Shares(images, group, few, few, Owns: false);
    }

    private ScratchNeed ScratchOf(Shares shares) => new(
        ReadyFloats(shares) + ((ImageTree.Levels(shares.Parts) + (shares.GroupParts > 1 ? shares.GroupParts : 0)) * Weights),
        OwnReadyFloats(shares) + (ImageTree.Levels(shares.PartRounds) * Weights) + BlockFloats(shares) + scratch + Overread);

    private long ReadyFloats(Shares shares) => shares.Owns ? 0 : (shares.Group * (long)imageFloats) + Overread;

    private nint OwnReadyFloats(Shares shares) => shares.Owns ? (shares.Round * imageFloats) + Overread : 0;

    // A thread's block, and the sums that wait for it.
    private nint BlockFloats(Shares shares) => (1 + ImageTree.Levels(shares.Round)) * (nint)blockFloats;

    // Behind the sums that wait between parts, level by level.
    private float* PartOf(int number, int part) => waiting + ((((nint)(ImageTree.Levels(shares.Parts) + part) * blocks) + number) * blockFloats);

    // Items that follow each other read the same images.
    private void Multiply(int worker, int item)
    {
        var (part, number) = Math.DivRem(item, blocks);
        var begin = part * shares.Part;
        var block = workspace.Own(worker);
        Multiply(number, workspace.Shared + (begin * imageFloats), Math.Min(shares.Part, count - begin), block);
        Finish(block, number, part);
    }

    // All of a part by one thread, a few images at a time.
    private void Sum(int worker, int part)
    {
        var images = Math.Min(shares.Part, count - (part * shares.Part));
        var rounds = Ceiling(images, shares.Round);
        var near = workspace.Own(worker);
        var levels = near + OwnReadyFloats(shares);
        var block = levels + (ImageTree.Levels(shares.PartRounds) * (nint)Weights);
        for (var round = 0; round < rounds; round++)
        {
            var begin = round * shares.Round;
            var some = Math.Min(shares.Round, images - begin);
            for (var item = 0; item < some * work.ReadyItems; item++)
            {
                Ready(first + (part * shares.Part) + begin, item, near);
            }

            for (var number = 0; number < blocks; number++)
            {
                Multiply(number, near, some, block);
                Join(block, levels + ((nint)number * blockFloats), (nint)blocks * blockFloats, round, rounds);
                if (round == rounds - 1)
                {
                    Finish(block, number, part);
                }
            }
        }
    }

    private void Ready(int firstImage, int item, float* images)
    {
        var (image, some) = Math.DivRem(item, work.ReadyItems);
        work.Ready(workspace, firstImage + image, some, images + (image * imageFloats));
    }

    // The sum of some images' products.
    private void Multiply(int number, float* images, int some, float* block)
    {
        for (var image = 0; image < some; image++)
        {
            work.Multiply(number, images + (image * imageFloats), block, block + BlockFloats(shares));
            Join(block, block + blockFloats, blockFloats, image, some);
        }
    }

    private void Finish(float* block, int number, int part)
    {
        if (parts == 1)
        {
            JoinPart(block, number, 0);
        }
        else
        {
            new Span<float>(block, blockFloats).CopyTo(new Span<float>(PartOf(number, part), blockFloats));
        }
    }

    private void Join(int worker, int number)
    {
        for (var part = 0; part < parts; part++)
        {
            JoinPart(PartOf(number, part), number, part);
        }
    }

    private void JoinPart(float* block, int number, int part)
    {
        var index = (first / shares.Part) + part;
        Join(block, waiting + ((nint)number * blockFloats), (nint)blocks * blockFloats, index, shares.Parts);
        if (index == shares.Parts - 1)
        {
            work.Write(number, block);
        }
    }

    // Adds to a block the sums that wait for it, and lets the result wait; that of the last one stays.
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
            for (var left = joins; left != 0; left &= left - 1)
            {
                sum = T.Add(T.Load(levels + (BitOperations.TrailingZeroCount(left) * levelStep) + i), sum);
            }

            T.Store(sum, result + i);
        }
    }

    /// <summary>How a call's images are shared out.</summary>
    /// <param name="Images">All of them.</param>
    /// <param name="Group">Images that are summed before the next ones are begun: a power of two, or all.</param>
    /// <param name="Part">Images of a subtree that a thread sums: a group, or a power of two of them.</param>
    /// <param name="Round">Images of a part that lie ready at once: the part, or a power of two of them.</param>
    /// <param name="Owns">Whether a thread makes a part's images ready for itself.</param>
    private readonly record struct Shares(int Images, int Group, int Part, int Round, bool Owns)
    {
        public int Parts => Ceiling(Images, Part);

        public int GroupParts => Ceiling(Group, Part);

        public int PartRounds => Ceiling(Part, Round);
    }
}
