;; The structure of CSV, 64 bytes at a time: where its commas and line feeds outside quotes are. The method is simdjson's: a bit
;; for each byte and kind, and a prefix XOR over the quotes that says which bytes stand inside them.
;;
;; `csv-structure-code.ts` holds what this text compiles to; a test compares them. After a change: see that test.
(module
  ;; 0 to 65,599: up to 65,536 bytes of CSV, and room to read 64 at once. From 69,632 (0x11000): the marks, 32 bits each. From
  ;; 331,776 (0x51000): room for the caller.
  (memory (export "memory") 7)
  ;; Line feeds among the marks that `index` found last.
  (global $lines (export "lines") (mut i32) (i32.const 0))

  ;; For each of 64 bytes one bit: whether it is that byte.
  (func $bits (param $at i32) (param $byte v128) (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (local.get $byte))))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=16 (local.get $at)) (local.get $byte)))) (i64.const 16)))
      (i64.or
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=32 (local.get $at)) (local.get $byte)))) (i64.const 32))
        (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=48 (local.get $at)) (local.get $byte)))) (i64.const 48)))))

  ;; Bits of the bytes behind those of $bits; $before is the last one of the block before.
  (func $behind (param $bits i64) (param $before i64) (result i64)
    (i64.or (i64.shl (local.get $bits) (i64.const 1)) (local.get $before)))

  (func $not (param $bits i64) (result i64) (i64.xor (local.get $bits) (i64.const -1)))

  ;; Indexes $length bytes that begin at the start of a row. Returns the number of marks. Stops before the first 64 bytes in which
  ;; something is odd: a quote in the middle of a field, text behind a closing quote, a carriage return that is no half of a line end.
  (func (export "index") (param $length i32) (result i32)
    (local $at i32) (local $out i32) (local $valid i64) (local $outside i64)
    (local $quotes i64) (local $opening i64) (local $closing i64) (local $inside i64)
    (local $feeds i64) (local $returns i64) (local $marks i64)
    (local $insideBefore i64) (local $markBefore i64) (local $closingBefore i64) (local $returnBefore i64)
    (local.set $out (i32.const 0x11000))
    (local.set $markBefore (i64.const 1))
    (global.set $lines (i32.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))

        ;; The last block may hold fewer than 64 bytes.
        (local.set $valid (i64.const -1))
        (if (i32.lt_u (i32.sub (local.get $length) (local.get $at)) (i32.const 64))
          (then
            (local.set $valid
              (i64.sub
                (i64.shl (i64.const 1) (i64.extend_i32_u (i32.sub (local.get $length) (local.get $at))))
                (i64.const 1)))))

        ;; Inside quotes: from each opening one to the byte before its closing one. A doubled quote closes and opens.
        (local.set $quotes (i64.and (local.get $valid) (call $bits (local.get $at) (i8x16.splat (i32.const 0x22)))))
        (local.set $inside (i64.xor (local.get $quotes) (i64.shl (local.get $quotes) (i64.const 1))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 2))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 4))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 8))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 16))))
        (local.set $inside (i64.xor (local.get $inside) (i64.shl (local.get $inside) (i64.const 32))))
        (local.set $inside (i64.xor (local.get $inside) (local.get $insideBefore)))
        (local.set $insideBefore (i64.shr_s (local.get $inside) (i64.const 63)))
        (local.set $opening (i64.and (local.get $quotes) (local.get $inside)))
        (local.set $closing (i64.xor (local.get $quotes) (local.get $opening)))

        (local.set $outside (i64.and (local.get $valid) (call $not (local.get $inside))))
        (local.set $feeds (i64.and (local.get $outside) (call $bits (local.get $at) (i8x16.splat (i32.const 0x0a)))))
        (local.set $returns (i64.and (local.get $outside) (call $bits (local.get $at) (i8x16.splat (i32.const 0x0d)))))
        (local.set $marks
          (i64.or
            (local.get $feeds)
            (i64.and (local.get $outside) (call $bits (local.get $at) (i8x16.splat (i32.const 0x2c))))))

        (br_if $done
          (i64.ne
            (i64.const 0)
            (i64.and
              (local.get $valid)
              (i64.or
                (i64.or
                  ;; A quote opens a field, or is the second half of a doubled one.
                  (i64.and
                    (local.get $opening)
                    (call $not
                      (i64.or
                        (call $behind (local.get $marks) (local.get $markBefore))
                        (call $behind (local.get $closing) (local.get $closingBefore)))))
                  ;; Behind a quote that closes comes the field's end, or the second half of a doubled one.
                  (i64.and
                    (call $behind (local.get $closing) (local.get $closingBefore))
                    (call $not (i64.or (local.get $marks) (i64.or (local.get $opening) (local.get $returns))))))
                ;; Behind a carriage return comes a line feed.
                (i64.and
                  (call $behind (local.get $returns) (local.get $returnBefore))
                  (call $not (local.get $feeds)))))))

        (local.set $markBefore (i64.shr_u (local.get $marks) (i64.const 63)))
        (local.set $closingBefore (i64.shr_u (local.get $closing) (i64.const 63)))
        (local.set $returnBefore (i64.shr_u (local.get $returns) (i64.const 63)))
        (global.set $lines (i32.add (global.get $lines) (i32.wrap_i64 (i64.popcnt (local.get $feeds)))))

        (block $written
          (loop $mark
            (br_if $written (i64.eqz (local.get $marks)))
            (i32.store
              (local.get $out)
              (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $marks)))))
            (local.set $out (i32.add (local.get $out) (i32.const 4)))
            ;; Takes the lowest bit away.
            (local.set $marks (i64.and (local.get $marks) (i64.sub (local.get $marks) (i64.const 1))))
            (br $mark)))

        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $next)))
    (i32.shr_u (i32.sub (local.get $out) (i32.const 0x11000)) (i32.const 2))))
