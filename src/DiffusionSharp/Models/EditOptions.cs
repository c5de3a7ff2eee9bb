using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models;

/// <summary>
/// Images to start from (image-to-image), or to paint into (inpainting, with a <see cref="Mask"/>). Both together paint into the mask
/// starting from what is there.
/// </summary>
public sealed record EditOptions
{
    /// <summary>The <see cref="Strength"/> of image-to-image when none is given.</summary>
    public const double DefaultStrength = 0.6;

    /// <summary>The images, -1…1 (or as <see cref="Data.PixelTransform.FromPictures"/> of the scheduler's transform has them): [N, C, H, W], one for each that is sampled, or [1, C, H, W] for all of them.</summary>
    public required double[] Images { get; init; }

    /// <summary>
    /// The part of the steps that is done on the noised images, in [0, 1]: 0 returns them. Null is <see cref="DefaultStrength"/>, or,
    /// with a mask, a start from pure noise.
    /// </summary>
    public double? Strength { get; init; }

    /// <summary>What is painted anew, [H, W], for all images: 1 is new, 0 is kept exactly, values between blend. Null for image-to-image.</summary>
    public double[]? Mask { get; init; }

    /// <summary>How an inpainting goes back up in between.</summary>
    public JumpSchedule Jumps { get; init; } = new();

    private double? Start => Strength ?? (Mask is null ? DefaultStrength : null);

    internal SamplingPlan Plan(Solver solver, NoiseLevels levels, DdimOptions options)
    {
        if (Mask is not null && solver != Solver.Ddim)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"a mask with the solver {SolverRow.Get(solver).Name}: an inpainting replaces a part of x after each step, which a solver that looks back or ahead takes for "
                + "the network's; use the solver ddim");
        }

        SamplingPlan Rest(NoiseLevels left) => Mask is null ? SolverPlan.Create(solver, left, options) : RepaintPlan.Create(left, options, Jumps);
        return Start is { } strength ? ImageToImagePlan.Create(levels, strength, Rest) : Rest(levels);
    }

    /// <summary>The request with the images as its start, and as what is kept.</summary>
    internal SamplerRequest Apply(SamplerRequest request, SamplingPlan plan)
    {
        int elements = request.Shape.Elements, pixels = request.Shape.Height * request.Shape.Width;
        Check(Images.Length == elements || Images.LongLength == (long)request.Count * elements, $"{Images.Length} values of images", $"[1 or {request.Count}, {request.Shape}]");
        Check(Mask is null || Mask.Length == pixels, $"a mask of {Mask?.Length} values", $"[{request.Shape.Height}, {request.Shape.Width}]");
        Check(Start is null || request.InitialX is null, "an initial x beside images to start from", "one of the two");
        return request with
        {
            InitialX = Start is null ? request.InitialX : Images,
            Inpainting = Mask is not null && plan.Steps.Any(s => s.Blends) ? new Inpainting(Images, Mask) : null,
        };
    }

    private static void Check(bool right, string found, string expected)
    {
        if (!right)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"editing: {found}, expected {expected}");
        }
    }
}
